from contacts.admin import contacts, places

__all__ = ["contacts", "places"]
