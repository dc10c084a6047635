"""Named actions, the contexts they live in, and the keymap files that put keys on them; knows no widget."""
