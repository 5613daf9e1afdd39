from users.admin import papers, people, sign_in

__all__ = ["papers", "people", "sign_in"]
