"""One page of a long list, with the numbers that links need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
Row_co = TypeVar("Row_co", covariant=True)
PAGE_SIZE = 50


class Rows(Protocol[Row_co]):
    """What a queryset offers that a page needs."""

    def count(self) -> int: ...
    def __getitem__(self, part: slice, /) -> Iterable[Row_co]: ...


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of one page and where it stands in the whole."""

    rows: tuple[T, ...]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """The position of the first row, counted from 1; 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


def page_number(asked: str | None) -> int:
    """The page that a query string asks for; nonsense means the first."""
    return max(1, int(asked)) if asked and asked.isdecimal() and len(asked) < 9 else 1


def page_of(rows: Rows[T], number: int = 1, size: int = PAGE_SIZE) -> Page[T]:
    """A page of a queryset in two queries; a number past the end gives the last page."""
    total = rows.count()
    number = min(max(1, number), max(1, -(-total // size)))
    return Page(tuple(rows[(number - 1) * size : number * size]), number, size, total)


def map_page(page: Page[T], change: Callable[[T], Row_co]) -> Page[Row_co]:
    """The same page with each row changed."""
    return Page(tuple(map(change, page.rows)), page.number, page.size, page.total)
