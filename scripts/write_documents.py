"""Writes what in the documents is made: the pictures of the answer, the tables of use cases.

python -m scripts.write_documents
"""

from scripts.documents import words
from scripts.documents.pictures import pictures


def main() -> None:
    """Write every file anew."""
    for path, content in pictures():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
    page = words.page(words.PAGE.read_text(encoding="utf-8"))
    words.PAGE.write_text(page, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
