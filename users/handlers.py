from django.utils import timezone

from common.events import Announcement
from common.webhooks.offers import Offer, takes_offers
from users.services import webhook_queue


@takes_offers
def queue_for_subscribers(offer: Offer, object_id: int, announcement: Announcement) -> None:
    """Write an event down for everybody who subscribed and may see what it is about."""
    webhook_queue.queue_event(offer, object_id, announcement, at=timezone.now())
