"""The server of a team: routes, authentication, live events. Needs the extra `server`."""
