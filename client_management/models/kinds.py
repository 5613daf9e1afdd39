from django.db import models


class ServiceType(models.TextChoices):
    """Kinds of drone work that can be ordered."""

    MAPPING = "mapping"
    THERMAL = "thermal", "Thermal survey"
    LIDAR = "lidar", "Laser scan"
    INSPECTION = "inspection", "Inspection of structures"
    VIDEO = "video", "Film and photographs"
    MONITORING = "monitoring", "Repeated survey"


class Priority(models.IntegerChoices):
    """How pressing work is: what dispatch serves first when not all can be served."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    URGENT = 4
    EMERGENCY = 5
