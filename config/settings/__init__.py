from config.settings.admin import *  # noqa: F403
from config.settings.api import *  # noqa: F403
from config.settings.background import *  # noqa: F403
from config.settings.base import *  # noqa: F403 - the settings module is the sum of its parts
from config.settings.dispatch import *  # noqa: F403
from config.settings.display import *  # noqa: F403
from config.settings.documents import *  # noqa: F403
from config.settings.finance import *  # noqa: F403
from config.settings.geo_libraries import *  # noqa: F403
from config.settings.live_board import *  # noqa: F403
from config.settings.logs import *  # noqa: F403
from config.settings.mail import *  # noqa: F403
from config.settings.payments import *  # noqa: F403
from config.settings.processing import *  # noqa: F403
from config.settings.signing import *  # noqa: F403
from config.settings.sources import *  # noqa: F403
from config.settings.webhooks import *  # noqa: F403
