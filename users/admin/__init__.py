from users.admin import flying, papers, people, sign_in, webhooks

__all__ = ["flying", "papers", "people", "sign_in", "webhooks"]
