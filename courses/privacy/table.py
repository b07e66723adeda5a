"""The table of personal data: everything the site keeps about people, in one place.

The export writes what it names, erasure does what it says, the privacy page prints it, and a test
walks all models and fails when one that leads to a person is missing here.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from courses.privacy.rows import Erasure, Rows, Subject


def _days(setting: str) -> str:
    number: int = getattr(settings, setting)
    if number <= 0:
        return str(AS_LONG_AS_THE_ACCOUNT)
    return ngettext("%(number)d day", "%(number)d days", number) % {"number": number}


days = lazy(_days, str)
"""How long a setting says that something is kept."""

AS_LONG_AS_THE_ACCOUNT: Final = _("As long as the account")
CONTRACT: Final = _("Providing the course (GDPR Art. 6(1)(b))")
SECURITY: Final = _("Legitimate interest in security (Art. 6(1)(f))")
CONSENT: Final = _("Consent, withdrawn at any time (Art. 6(1)(a))")
ONLY_YOU: Final = _("You")
YOU_AND_STAFF: Final = _("You, staff, and instructors of your classes")
SECRET: Final = _("Holds nothing but secrets; a copy of them would weaken the account.")
SHORT_LIVED: Final = _("Deleted within minutes, once it has served its purpose.")
DECIDED_BY_STAFF: Final = _(
    "Other people's marks and dates rest on it. It no longer says who decided."
)
OTHERS_ROWS: Final = _("Is about other people; it is part of their copy.")

SUBJECTS: Final = (
    Subject(
        key="account",
        title=_("Account"),
        what=_("Email addresses, name, password (as a digest), settings, second factors, groups"),
        why=_("To sign you in, to write to you, to put your name on certificates"),
        basis=CONTRACT,
        who=_("You and administrators"),
        how_long=AS_LONG_AS_THE_ACCOUNT,
        rows=(
            Rows("courses.User", "pk", "account/account", left_out=("password",)),
            Rows("courses.User_groups", "user", "account/groups", names=("group__name",)),
            Rows(
                "courses.User_user_permissions",
                "user",
                "account/permissions",
                names=("permission__codename",),
            ),
            Rows("account.EmailAddress", "user", "account/email-addresses"),
            Rows("account.EmailConfirmation", "email_address__user", unexported=SECRET),
            Rows("mfa.Authenticator", "user", "account/second-factors", left_out=("data",)),
        ),
    ),
    Subject(
        key="access",
        title=_("Sessions, tokens and single sign-on"),
        what=_("Browser and network address of each session; names and times of API tokens"),
        why=_("To let you in, and to let you see and end what has access"),
        basis=SECURITY,
        who=ONLY_YOU,
        how_long=_("Until the session or token ends, or you end it"),
        rows=(
            Rows("usersessions.UserSession", "user", "account/sessions", left_out=("session_key",)),
            Rows("knox.AuthToken", "user", "account/tokens", left_out=("digest", "token_key")),
            Rows(
                "courses.TokenName",
                "token__user",
                "account/token-names",
                left_out=("token",),
                names=("token__created", "token__expiry"),
            ),
            Rows("socialaccount.SocialAccount", "user", "account/single-sign-on"),
            Rows("socialaccount.SocialToken", "account__user", unexported=SECRET),
        ),
    ),
    Subject(
        key="learning",
        title=_("Learning"),
        what=_("Courses taken, lessons read, quiz and task answers, reviews due, notes, bookmarks"),
        why=_("To show your progress, to ask again what you forget, to issue certificates"),
        basis=CONTRACT,
        who=YOU_AND_STAFF,
        how_long=format_lazy(
            _("Answers: {answers}. Progress and notes: as long as the account"),
            answers=days("ANSWER_DAYS"),
        ),
        rows=(
            Rows("courses.Enrolment", "user", "learning/courses", names=("course__slug",)),
            Rows(
                "courses.Completion",
                "user",
                "learning/completed",
                names=("lesson__course__slug", "lesson__slug"),
            ),
            Rows(
                "courses.Bookmark",
                "user",
                "learning/bookmarks",
                names=("lesson__course__slug", "lesson__slug"),
            ),
            Rows(
                "courses.Note",
                "user",
                "learning/notes",
                names=("lesson__course__slug", "lesson__slug"),
            ),
            Rows("courses.Rating", "user", "learning/ratings", names=("course__slug",)),
            Rows(
                "courses.QuizAttempt",
                "user",
                "learning/quiz-attempts",
                names=("quiz__lesson__course__slug", "quiz__lesson__slug"),
            ),
            Rows(
                "courses.QuizSitting",
                "user",
                "learning/quizzes-begun",
                names=("quiz__lesson__course__slug", "quiz__lesson__slug"),
            ),
            Rows(
                "courses.ReviewCard",
                "user",
                "learning/review-cards",
                names=("quiz__lesson__course__slug", "quiz__lesson__slug"),
            ),
            Rows(
                "courses.TaskAnswer",
                "user",
                "learning/task-answers",
                names=("lesson__course__slug", "lesson__slug"),
            ),
        ),
    ),
    Subject(
        key="notebooks",
        title=_("Notebooks"),
        what=_("Drafts with earlier versions, runs, submitted and executed notebooks, grades"),
        why=_("To run, grade and give feedback on your work"),
        basis=CONTRACT,
        who=YOU_AND_STAFF,
        how_long=format_lazy(
            _(
                "Files of a submission: {files}. Drafts: {drafts} after the last change. Grades: "
                "as long as the account"
            ),
            files=days("SUBMISSION_FILES_DAYS"),
            drafts=days("DRAFT_DAYS"),
        ),
        rows=(
            Rows("exercises.Draft", "user", "notebooks/drafts", left_out=("document", "key")),
            Rows(
                "exercises.DraftVersion",
                "draft__user",
                "notebooks/draft-versions",
                left_out=("document",),
            ),
            Rows("exercises.DraftRun", "draft__user", "notebooks/runs", left_out=("cells",)),
            Rows("exercises.RunEvents", "run__draft__user", "notebooks/run-outputs"),
            Rows("exercises.EditorQuestion", "draft__user", unexported=SHORT_LIVED),
            Rows(
                "exercises.Submission",
                "user",
                "notebooks/submissions",
                left_out=("lease_token", "lease_until", "tries", "notified_at"),
                names=("exercise__slug",),
            ),
            Rows(
                "exercises.SubmissionFiles",
                "submission__user",
                "notebooks/files",
                left_out=("answers",),
            ),
            Rows("exercises.VariantMatch", "submission__user", "notebooks/answers-of-others"),
        ),
    ),
    Subject(
        key="reviews",
        title=_("Reviews of projects"),
        what=_("Points, comment and time of each review"),
        why=_("To grade projects, and to show how"),
        basis=CONTRACT,
        who=YOU_AND_STAFF,
        how_long=_("As long as the account whose project it is"),
        rows=(
            Rows("exercises.Review", "submission__user", "notebooks/reviews"),
            Rows(
                "exercises.Review",
                "reviewer",
                "staff/reviews-written",
                erasure=Erasure.UNNAMED,
                stays_because=DECIDED_BY_STAFF,
            ),
        ),
    ),
    Subject(
        key="discussion",
        title=_("Discussion"),
        what=_("Questions and answers, and reports about posts"),
        why=_("So that learners can help each other"),
        basis=CONTRACT,
        who=_("Everyone who can read the lesson or exercise; reports: moderators"),
        how_long=_("Until you delete the post; reports as long as the account"),
        rows=(
            Rows(
                "courses.Post",
                "author",
                "discussion/posts",
                left_out=("html",),
                erasure=Erasure.UNNAMED,
                stays_because=_(
                    "Other people's answers make no sense without the question. You choose whether "
                    "your text stays without your name or is replaced by “deleted”."
                ),
            ),
            Rows(
                "courses.Post",
                "deleted_by",
                unexported=OTHERS_ROWS,
                erasure=Erasure.UNNAMED,
                stays_because=_("The post stays deleted. It no longer says who deleted it."),
            ),
            *(
                Rows(
                    "courses.Post",
                    path,
                    unexported=OTHERS_ROWS,
                    erasure=Erasure.UNNAMED,
                    stays_because=_("The decision about the post stays. It no longer says whose."),
                )
                for path in ("hidden_by", "closed_by")
            ),
            Rows(
                "courses.PostVersion",
                "post__author",
                "discussion/earlier-versions",
                erasure=Erasure.DELETED,
            ),
            Rows("courses.Report", "reporter", "discussion/reports"),
            Rows(
                "courses.Report",
                "settled_by",
                unexported=OTHERS_ROWS,
                erasure=Erasure.UNNAMED,
                stays_because=_("The report stays resolved. It no longer says by whom."),
            ),
            Rows("courses.Subscription", "user", "discussion/followed-questions"),
            Rows("courses.ModeratorWarning", "person", "discussion/warnings"),
            Rows(
                "courses.ModeratorWarning",
                "given_by",
                "staff/warnings-given",
                erasure=Erasure.UNNAMED,
                stays_because=_("Whoever was warned keeps the message, without its sender."),
            ),
            Rows(
                "courses.SiteChange",
                "person",
                "discussion/decisions-about-me",
                erasure=Erasure.UNNAMED,
                stays_because=_(
                    "The record of moderation stays complete. It no longer says whom a decision "
                    "was about."
                ),
            ),
        ),
    ),
    Subject(
        key="certificates",
        title=_("Certificates"),
        what=_("What was completed, when, and your name if you show it"),
        why=_("So that others can verify what you achieved"),
        basis=_("Providing the course; your name on the public page by consent"),
        who=_("Anyone with the link; your name only if you show it"),
        how_long=_("As long as the account, or longer if you choose so"),
        rows=(
            Rows(
                "courses.Certificate",
                "user",
                "certificates/certificates",
                names=("course__slug",),
                erasure=Erasure.UNNAMED,
                stays_because=_(
                    "Whoever has the link can still verify it, or read that it was revoked, as "
                    "you choose. Your name and account are deleted from it."
                ),
            ),
            Rows(
                "courses.CertificateEvent",
                "certificate__user",
                "certificates/events",
                erasure=Erasure.UNNAMED,
                stays_because=_("The record of a certificate stays with it, without your name."),
            ),
            Rows(
                "courses.IssuedFile",
                "certificate__user",
                "certificates/files",
                erasure=Erasure.UNNAMED,
                stays_because=_("Whoever has a file of it can still verify the file."),
            ),
        ),
    ),
    Subject(
        key="classes",
        title=_("Classes"),
        what=_("Memberships, student number, section, extensions, marks, reminders, messages"),
        why=_("To teach and mark a class"),
        basis=CONTRACT,
        who=_("You, the class's instructors and assistants, administrators"),
        how_long=AS_LONG_AS_THE_ACCOUNT,
        rows=(
            Rows(
                "classes.Member",
                "user",
                "classes/memberships",
                left_out=("feed_key", "invitation_key"),
                names=("klass__title", "klass__term"),
            ),
            Rows("classes.Extension", "member__user", "classes/extensions"),
            Rows("classes.Override", "member__user", "classes/overrides"),
            Rows("classes.Reminder", "member__user", "classes/reminders"),
            Rows("classes.ReviewAssignment", "member__user", "classes/reviewers-of-my-projects"),
            Rows("classes.Regrading", "submission__user", "classes/regrades-of-my-work"),
            Rows(
                "classes.Announcement_recipients",
                "member__user",
                "classes/messages-to-me",
                names=("announcement__title", "announcement__body", "announcement__created_at"),
            ),
            Rows(
                "classes.AuditEntry",
                "member__user",
                "classes/changes-about-me",
                erasure=Erasure.UNNAMED,
                stays_because=_(
                    "The record of a class's changes stays complete. It no longer says whom a "
                    "change was about."
                ),
            ),
        ),
    ),
    Subject(
        key="teaching",
        title=_("Teaching"),
        what=_("Decisions and messages of instructors, imports that wait for a decision"),
        why=_("So that marks can be explained"),
        basis=_("Legitimate interest in marks that can be explained (Art. 6(1)(f))"),
        who=_("The class's instructors and assistants, administrators"),
        how_long=_("As long as the class"),
        rows=(
            *(
                Rows(
                    label,
                    path,
                    f"staff/{file}",
                    erasure=Erasure.UNNAMED,
                    stays_because=DECIDED_BY_STAFF,
                )
                for label, path, file in (
                    ("classes.Extension", "granted_by", "extensions-granted"),
                    ("classes.Extension", "revoked_by", "extensions-revoked"),
                    ("classes.Override", "made_by", "overrides-made"),
                    ("classes.Override", "withdrawn_by", "overrides-withdrawn"),
                    ("classes.AuditEntry", "actor", "changes-of-classes"),
                    ("classes.Announcement", "author", "announcements"),
                    ("classes.Regrading", "asked_by", "regrades-asked-for"),
                    ("classes.Regrading", "decided_by", "regrades-decided"),
                    ("classes.ReviewAssignment", "assigned_by", "reviewers-assigned"),
                    ("courses.CertificateEvent", "actor", "decisions-about-certificates"),
                    ("courses.SiteChange", "actor", "moderation"),
                )
            ),
            Rows("classes.ReviewAssignment", "reviewer__user", "staff/projects-to-review"),
            Rows("classes.PendingImport", "made_by", unexported=OTHERS_ROWS),
            Rows("lti.Invitation", "created_by", "staff/registration-links", left_out=("digest",)),
        ),
    ),
    Subject(
        key="platforms",
        title=_("Learning platforms"),
        what=_("Your user ID at a linked platform, launches from it, scores sent to it"),
        why=_("To let you in from your university's platform and to send your scores there"),
        basis=CONSENT,
        who=_("You, administrators, and the platform"),
        how_long=_("Until you unlink the platform; launches for 90 days"),
        rows=(
            Rows("lti.LmsAccount", "user", "platforms/accounts", names=("platform__name",)),
            Rows("lti.Passback", "account__user", "platforms/scores-sent"),
            Rows("lti.TaughtContext", "user", "platforms/courses-taught"),
            Rows(
                "lti.Launch",
                "user",
                "platforms/launches",
                left_out=("ticket_digest", "browser_digest"),
                erasure=Erasure.DELETED,
            ),
        ),
    ),
    Subject(
        key="exports",
        title=_("Copies of your data"),
        what=_("When you asked for a copy, and the file"),
        why=_("To hand you your data"),
        basis=_("Legal duty (Art. 15 and 20)"),
        who=ONLY_YOU,
        how_long=days("EXPORT_DAYS"),
        rows=(Rows("courses.DataExport", "user", "account/copies", left_out=("file",)),),
    ),
    Subject(
        key="administration",
        title=_("Work of staff"),
        what=_("What a member of staff changed about permissions, grades and settings, and when"),
        why=_("So that changes can be explained and undone"),
        basis=SECURITY,
        who=_("Administrators; lines about you are in your copy"),
        how_long=days("AUDIT_DAYS"),
        rows=(
            Rows("admin.LogEntry", "user", "staff/administration"),
            Rows(
                "auditlog.LogEntry",
                "actor",
                "staff/changes",
                left_out=("actor_email", "object_repr", "additional_data"),
                erasure=Erasure.UNNAMED,
                stays_because=DECIDED_BY_STAFF,
            ),
            Rows(
                "auditlog.LogEntry",
                "additional_data__about",
                "account/changes-by-staff",
                left_out=("actor_email",),
                erasure=Erasure.DELETED,
            ),
        ),
    ),
)

NOT_ABOUT: Final = {
    ("courses.Post", "question"): "an answer is about who wrote it, not about who asked",
    ("courses.Post", "accepted"): "the same",
    ("courses.Subscription", "question"): "about who follows the question, not about who asked",
    ("courses.ModeratorWarning", "post"): "about who was warned; the post is theirs",
    (
        "courses.Certificate",
        "superseded_by",
    ): "the certificate that replaced it has the same holder",
    ("courses.Report", "post"): "a report is about who wrote it; it goes with the post",
    ("classes.Announcement_recipients", "announcement"): "about the recipient, not the author",
}
"""Keys that lead to a person whom the row is not about, each with the reason."""

UNKEYED: Final = {
    "courses.OutgoingMail": "holds addresses; erasure deletes what is addressed to the person",
    "sessions.Session": "holds the signed-in user's key; erasure ends every session",
    "classes.PendingImport": "holds a roster's addresses; deleted after a day",
    "admin.LogEntry": "names what was changed; erasure blanks lines that name the person",
}
"""Tables that may name people without a key; erasure handles each."""
