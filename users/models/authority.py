from dataclasses import dataclass, field


@dataclass(frozen=True)
class Authority:
    """What a person's roles allow at one moment."""

    permissions: frozenset[str] = frozenset()
    roles: tuple[str, ...] = ()
    is_staff: bool = False
    requires_totp: bool = False
    apps: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        labels = frozenset(name.partition(".")[0] for name in self.permissions)
        object.__setattr__(self, "apps", labels)
