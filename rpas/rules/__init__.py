from rpas.rules import airworthiness, categories, operators, records

__all__ = ["airworthiness", "categories", "operators", "records"]
