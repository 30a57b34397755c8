"""Search by something shown: pictures that people bring, frames they paused at, moments they liked."""
