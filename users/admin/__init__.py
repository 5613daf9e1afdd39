from users.admin import flying, papers, people, sign_in

__all__ = ["flying", "papers", "people", "sign_in"]
