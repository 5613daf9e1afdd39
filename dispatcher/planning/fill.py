"""Nothing is left behind that has a place: insertion into routes, and by pairs yet unformed."""

from dispatcher.planning.board import Board, Insertion
from dispatcher.planning.further import further_units, make_room
from dispatcher.planning.instance import Unit
from dispatcher.planning.pairing import spare_units
from dispatcher.planning.shares import loosened

# Idle pairs looked at for one answer: the rest, farther away, would say the same.
MOST_SPARES = 60


def filled(board: Board) -> Board:
    """A board with every task inserted that fits, worthiest first."""
    board = board.copy()
    for task in board.unserved():
        serve(board, task, further=False)
    return board


def filled_up(board: Board) -> Board:
    """
    A board with every task inserted that fits once nothing is searched any more.

    All that is left of limits that pairs share is then open to each of them, and who has work may
    form a further pair in the time that is left.
    """
    board = loosened(board)
    for task in board.unserved():
        if serve(board, task):
            board = loosened(board)
    return board


def serve(board: Board, task: int, *, further: bool = True) -> bool:
    """Insert a task where it is cheapest, or by a new pair; says whether there was a place."""
    place = board.best_insertion(task)
    if place is None:
        return _by_new_pair(board, task, spares(board)) or (
            further and _by_new_pair(board, task, further_units(board, task))
        )
    board.insert(task, place)
    return True


def spare_insertion(board: Board, task: int, units: list[Unit]) -> tuple[Unit, Insertion] | None:
    """The cheapest way to serve a task by one of some pairs that are not formed yet."""
    if not board.instance.visits[task].windows:
        return None
    found = None
    trial = board.copy()
    for unit in units:
        if not unit.allowed[task]:
            continue
        here = trial.insertion(task, trial.add_unit(unit))
        if here is not None and (found is None or here.cost < found[1].cost):
            found = unit, here
    return found


def spares(board: Board) -> list[Unit]:
    """Pairs that could be formed of those without any work."""
    used = tuple(number for number in range(len(board.units)) if board.is_used(number))
    if board.spares is None or board.spares[0] != used:
        found = spare_units(board.instance, board.units, used)
        board.spares = used, [unit for unit in found if not unit.is_frozen]
    return board.spares[1]


def near_spares(board: Board, task: int, *, able: bool = True) -> list[Unit]:
    """Of those pairs the nearest that may do a task, or that may not: not all of hundreds."""
    travel, site = board.instance.travel, board.instance.visits[task].place
    found = [unit for unit in spares(board) if unit.allowed[task] == able]
    found.sort(key=lambda unit: (travel[unit.base][site], unit.aircraft, unit.pilot))
    # By pairs: one that is free at several times stands there several times.
    pairs = list(dict.fromkeys((unit.aircraft, unit.pilot) for unit in found))
    near = set(pairs[:MOST_SPARES])
    return [unit for unit in found if (unit.aircraft, unit.pilot) in near]


def near_pairs(board: Board, task: int, *, able: bool = True) -> list[Unit]:
    """Those, and further pairs of who has work, in the time that it leaves them."""
    return [*near_spares(board, task, able=able), *further_units(board, task, able=able)]


def form(board: Board, unit: Unit) -> int:
    """Add a pair; pairs with one of its two are held to the time they need, or dissolved."""
    make_room(board, unit)
    for number, other in enumerate(board.units):
        shares = other.aircraft == unit.aircraft or other.pilot == unit.pilot
        if shares and not board.is_used(number):
            board.retire(number)
    return board.add_unit(unit)


def _by_new_pair(board: Board, task: int, units: list[Unit]) -> bool:
    found = spare_insertion(board, task, units)
    if found is None:
        return False
    number = form(board, found[0])
    place = board.insertion(task, number)
    if place is not None:
        board.insert(task, place)
    return place is not None
