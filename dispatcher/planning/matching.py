"""The pairing of greatest weight between two lists, by shortest augmenting paths."""

import numpy as np
from numpy.typing import NDArray


def best_matching(weights: NDArray[np.float64]) -> list[tuple[int, int]]:
    """
    Rows and columns matched one to one so that the sum of weights is greatest.

    Pairs of weight zero or less are left apart. The way of Jonker and Volgenant: O(n^2 m).
    """
    if not weights.size:
        return []
    if weights.shape[0] > weights.shape[1]:
        return sorted((row, column) for column, row in best_matching(weights.T))
    gain = np.maximum(weights, 0)
    matched = _assign(gain.max() - gain)
    pairs = ((int(row), column) for column, row in enumerate(matched) if row >= 0)
    return sorted((row, column) for row, column in pairs if weights[row, column] > 0)


def _assign(cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each column the row it gets, or -1; every row gets one, at the least total cost."""
    rows, columns = cost.shape
    of_row, of_column = np.zeros(rows), np.zeros(columns)
    owner = np.full(columns, -1)
    for row in range(rows):
        least, before = np.full(columns, np.inf), np.full(columns, -1)
        seen, column, current = np.zeros(columns, bool), -1, row
        while current >= 0:
            base = 0.0 if column < 0 else least[column]
            reach = base + cost[current] - of_row[current] - of_column
            better = ~seen & (reach < least - 1e-12)
            least[better], before[better] = reach[better], column
            open_ones = np.where(seen, np.inf, least)
            # Of columns as near, a free one ends the search: many pairs alike are common.
            free = (owner < 0) & (open_ones <= open_ones.min() + 1e-12)
            column = int(np.argmax(free)) if free.any() else int(np.argmin(open_ones))
            seen[column] = True
            current = int(owner[column])
        shift = least[column]
        reached = seen & (least < shift)
        of_column[reached] -= shift - least[reached]
        of_row[owner[reached]] += shift - least[reached]
        of_row[row] += shift
        while column >= 0:
            previous = int(before[column])
            owner[column] = row if previous < 0 else owner[previous]
            column = previous
    return owner
