"""Text without a widget: made safe, measured in cells, wrapped, styled, searched."""
