"""Drafts and runs in the API's document; `docs/features/workbench-protocol.md` explains them.

These serializers document: the views check what is sent by `workbench.documents`, which bounds it
first.
"""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from exercises.feedback.notebooks import CONTENT_TYPE
from exercises.models import RunState

TYPES: Final = [(kind, kind) for kind in ("code", "markdown", "raw")]
CHANGED: Final = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "`conflict`: the draft has changed since `base`; `current` is the draft as it stands.",
)
NO_DRAFT: Final = OpenApiResponse(OpenApiTypes.OBJECT, "`invalid`: not cells, or no base.")
TOO_LARGE: Final = OpenApiResponse(OpenApiTypes.OBJECT, "`too_large`: more than 2 MB.")
LIMITED: Final = OpenApiResponse(OpenApiTypes.OBJECT, "Too many; see `Retry-After`.")
WRITING: Final = {400: NO_DRAFT, 409: CHANGED, 413: TOO_LARGE, 429: LIMITED}
NOTHING: Final = OpenApiResponse(description="Nothing was found in time.")


class SentCellSerializer(serializers.Serializer[Any]):
    """A cell of a draft as it is sent."""

    id = serializers.RegexField(r"^[A-Za-z0-9_-]{1,64}$")
    type = serializers.ChoiceField(choices=TYPES)
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # a field, by its metaclass


class ShownCellSerializer(SentCellSerializer):
    """A cell of a draft as it is shown."""

    html = serializers.CharField(required=False, help_text="Of cells that are not code; cleaned.")


class ShownDraftSerializer(serializers.Serializer[Any]):
    """A draft, or a version of it."""

    version = serializers.IntegerField(help_text="0 is the starter.")
    saved_at = serializers.DateTimeField(allow_null=True)
    cells = ShownCellSerializer(many=True)


class UploadedDraftSerializer(ShownDraftSerializer):
    """An uploaded notebook as a draft."""

    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What is kept but not shown, in sentences."
    )


class SavedDraftSerializer(serializers.Serializer[Any]):
    """What a page is told once its cells are saved."""

    version = serializers.IntegerField()
    saved_at = serializers.DateTimeField(allow_null=True)
    html = serializers.DictField(child=serializers.CharField(), help_text="New texts by cell id.")


class BaseSerializer(serializers.Serializer[Any]):
    """The version that a write replaces."""

    base = serializers.IntegerField(min_value=0)


class SavingSerializer(BaseSerializer):
    """A draft to save."""

    cells = SentCellSerializer(many=True)
    reason = serializers.ChoiceField(
        choices=[(each, each) for each in ("typed", "reset", "kept_mine")], required=False
    )


class SavingFirstSerializer(BaseSerializer):
    """What a run or a submission saves first; null cells: the server has them already."""

    cells = SentCellSerializer(many=True, allow_null=True)


class RunRequestSerializer(SavingFirstSerializer):
    """A run that is asked for."""

    until = serializers.CharField(allow_null=True, help_text="The last cell to run; null: all.")


class RunSerializer(serializers.Serializer[Any]):
    """A run, and its events after the cursor."""

    id = serializers.UUIDField()
    until = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=RunState.choices)
    position = serializers.IntegerField(allow_null=True, help_text="In the queue, from 1.")
    detail = serializers.CharField(
        allow_blank=True, help_text="Which limit ended it, or why it was lost."
    )
    poll_ms = serializers.IntegerField(help_text="When to ask again.")
    cursor = serializers.IntegerField(help_text="Send it as `after`.")
    events = serializers.ListField(child=serializers.DictField())


class StartedRunSerializer(SavedDraftSerializer, RunSerializer):
    """The saved draft and the run."""


class QuestionSerializer(SavingFirstSerializer):
    """A place in a cell that is being written."""

    cell = serializers.CharField()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # a field, by its metaclass
    cursor = serializers.IntegerField(min_value=0, help_text="In code points.")


class CompletionItemSerializer(serializers.Serializer[Any]):
    """A word that fits."""

    label = serializers.CharField()  # type: ignore[assignment]  # a field, by its metaclass
    type = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)


class CompletionsSerializer(serializers.Serializer[Any]):
    """What fits at the cursor; `from` is where it replaces the source from."""

    items = CompletionItemSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; the name of one is a word of Python."""
        return {"from": serializers.IntegerField(), **super().get_fields()}


class SignatureSerializer(serializers.Serializer[Any]):
    """What is called at the cursor."""

    found = serializers.BooleanField()
    name = serializers.CharField(allow_blank=True)
    signature = serializers.CharField(allow_blank=True)
    doc = serializers.CharField(allow_blank=True)


class VersionSerializer(serializers.Serializer[Any]):
    """A version of a draft."""

    version = serializers.IntegerField()
    saved_at = serializers.DateTimeField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, by its metaclass


class VersionsSerializer(serializers.Serializer[Any]):
    """The history of a draft, latest first."""

    versions = VersionSerializer(many=True)


class RestoringSerializer(BaseSerializer):
    """A version to go back to."""

    version = serializers.IntegerField(min_value=1)


class DraftUploadSerializer(BaseSerializer):
    """A notebook that replaces the draft."""

    notebook = serializers.FileField()


class DraftProgressSerializer(serializers.Serializer[Any]):
    """A submission as the exercise's page shows it."""

    id = serializers.UUIDField()
    finished = serializers.BooleanField()
    seen = serializers.CharField(help_text="Send it to be answered only when this has changed.")
    poll_ms = serializers.IntegerField()
    announcement = serializers.CharField(allow_blank=True)
    attempts = serializers.CharField(allow_blank=True)
    can_submit = serializers.BooleanField()
    html = serializers.CharField()
    notes = serializers.DictField(child=serializers.CharField(), help_text="HTML by cell id.")


class DraftSubmittedSerializer(SavedDraftSerializer):
    """The saved draft and its submission."""

    submission = DraftProgressSerializer()


load = extend_schema(responses=ShownDraftSerializer)
save = extend_schema(request=SavingSerializer, responses={200: SavedDraftSerializer, **WRITING})
history = extend_schema(responses=VersionsSerializer)
set_aside = extend_schema(
    request=SavingFirstSerializer, responses={201: OpenApiTypes.OBJECT, 400: NO_DRAFT}
)
version = extend_schema(
    operation_id="exercises_draft_version_retrieve", responses=ShownDraftSerializer
)
restore = extend_schema(
    request=RestoringSerializer, responses={200: ShownDraftSerializer, **WRITING}
)
reset = extend_schema(request=BaseSerializer, responses={200: ShownDraftSerializer, **WRITING})
upload = extend_schema(
    request={"multipart/form-data": DraftUploadSerializer},
    responses={200: UploadedDraftSerializer, **WRITING},
)
notebook = extend_schema(responses={(200, CONTENT_TYPE): OpenApiTypes.BINARY})
submit = extend_schema(
    request=SavingFirstSerializer, responses={202: DraftSubmittedSerializer, **WRITING}
)
progress = extend_schema(
    parameters=[OpenApiParameter("seen", str)],
    responses={
        200: DraftProgressSerializer,
        204: OpenApiResponse(description="Nothing has changed."),
    },
)
start = extend_schema(
    request=RunRequestSerializer,
    responses={
        202: StartedRunSerializer,
        503: OpenApiResponse(OpenApiTypes.OBJECT, "`no_worker`: saved, but no worker takes runs."),
        **WRITING,
    },
)
watch = extend_schema(parameters=[OpenApiParameter("after", int)], responses=RunSerializer)
interrupt = extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
complete = extend_schema(
    request=QuestionSerializer, responses={200: CompletionsSerializer, 204: NOTHING, **WRITING}
)
inspect = extend_schema(
    request=QuestionSerializer, responses={200: SignatureSerializer, 204: NOTHING, **WRITING}
)
