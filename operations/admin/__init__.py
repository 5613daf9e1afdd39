from operations.admin import trips

__all__ = ["trips"]
