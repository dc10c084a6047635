"""The screens: home, a queue's page, rating, the item list, and the dialogs over them."""
