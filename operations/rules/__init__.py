from operations.rules import certificates, checks, flight_time, medicals, recency, rest

__all__ = ["certificates", "checks", "flight_time", "medicals", "recency", "rest"]
