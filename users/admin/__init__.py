from users.admin import attempts, flying, papers, people, sign_in, webhooks

__all__ = ["attempts", "flying", "papers", "people", "sign_in", "webhooks"]
