"""The answer as one page for a browser: it needs nothing but itself."""

from recommender.render.page.document import page

__all__ = ["page"]
