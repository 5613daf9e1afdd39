from rpas.models import KeyPersonnel, KeyPost, RPASOperator
from tests.rpas.factories import KeyPersonnelFactory, MemberFactory
from tests.users.factories import UserFactory, grant
from users.models import User

APP = "flight_operations"


def member(operator: RPASOperator, *permissions: str) -> User:
    """Somebody at work for an operator, with permissions such as `view_smshazardregister`."""
    user = MemberFactory(operator=operator).user
    if permissions:
        grant(user, *(f"{APP}.{name}" for name in permissions))
    return user


def in_post(operator: RPASOperator, post: str, *permissions: str) -> User:
    """A member who holds a key post; whoever held it before is gone."""
    KeyPersonnel.objects.filter(operator=operator, post=post).delete()
    user = member(operator, *permissions)
    KeyPersonnelFactory(operator=operator, user=user, post=post)
    return user


def ceo(operator: RPASOperator, *permissions: str) -> User:
    return in_post(operator, KeyPost.CEO, *permissions)


def chief_remote_pilot(operator: RPASOperator, *permissions: str) -> User:
    return in_post(operator, KeyPost.CHIEF_REMOTE_PILOT, *permissions)


def maintenance_controller(operator: RPASOperator, *permissions: str) -> User:
    return in_post(operator, KeyPost.MAINTENANCE_CONTROLLER, *permissions)


def stranger(*permissions: str) -> User:
    """Somebody with the permissions, who works for another operator."""
    user = MemberFactory().user
    grant(user, *(f"{APP}.{name}" for name in permissions))
    return user


def nobody() -> User:
    return UserFactory()
