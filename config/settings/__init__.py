"""Settings by situation: `development` (one machine), `test`, `production`, over `base`."""
