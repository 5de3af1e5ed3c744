"""The API: JSON over HTTP, described by the OpenAPI document that it serves. Thin: every act goes to the node."""
