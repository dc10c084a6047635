"""Agreement between raters: from a table of ratings, however it was made, to figures with their intervals."""
