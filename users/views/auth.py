import io
from typing import Any, cast

import segno
from django.utils import timezone
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import refuse_unknown_parameters
from common.api.permissions import IsSignedIn
from common.api.serializers import EmptyCommandSerializer
from common.api.throttling import AccountThrottle, LoginThrottle
from common.scopes import scopes_of
from users import tokens
from users.exceptions import SessionNotValid
from users.models import RefreshToken, SignInSession
from users.requests import UserRequest
from users.serializers import auth as shapes
from users.serializers.people import ChangeOwnProfileSerializer, MeSerializer, ProfileSerializer
from users.services import passwords, profiles, second_factor, sessions
from users.services.sign_in import sign_in
from users.sign_in import check_password, forget_failures, origin_of


class AuthView(GenericAPIView):
    """One address about the caller's own sign-in; what it answers is never stored by caches."""

    tag = "auth"
    permission_classes = [IsSignedIn]
    filter_backends = []
    pagination_class = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown_parameters(request, self, None)

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    def validated(self) -> dict[str, Any]:
        """The command in the body, parsed; raises ValidationError."""
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return cast(dict[str, Any], serializer.validated_data)

    def session(self) -> SignInSession | None:
        """The API session the caller signed in with; None for the admin's cookie."""
        auth = self.request.auth
        return auth if isinstance(auth, SignInSession) else None


class PublicAuthView(AuthView):
    """For callers who have no credentials yet, or bring them in the body."""

    permission_classes = [AllowAny]
    authentication_classes = []


class ObtainTokenView(PublicAuthView):
    """Sign in with a password and, where it is asked for, a second factor."""

    serializer_class = shapes.ObtainTokenSerializer
    throttle_classes = [LoginThrottle]

    @documented(
        summary="Sign in",
        request=shapes.ObtainTokenSerializer,
        responses={200: shapes.TokenPairSerializer},
    )
    def post(self, request: UserRequest) -> Response:
        """
        Trade e-mail address and password for tokens.

        401 `invalid_credentials` is the same for a wrong password, an unknown, closed or locked
        account; `otp_required` and `otp_invalid` ask for the code of the second factor. Example:
        `{"email": "pat@example.com", "password": "...", "otp": "123456"}`.
        """
        given = self.validated()
        user = check_password(request, email=given["email"], password=given["password"])
        link = sign_in(user, code=given["otp"], origin=origin_of(request), at=timezone.now())
        forget_failures(request, user)
        return Response(_pair(link))


class RefreshTokenView(PublicAuthView):
    """A new pair of tokens for a refresh token, which works once."""

    serializer_class = shapes.RefreshTokenSerializer
    throttle_classes = [AccountThrottle]

    @documented(
        summary="Refresh the tokens",
        request=shapes.RefreshTokenSerializer,
        responses={200: shapes.TokenPairSerializer},
    )
    def post(self, request: UserRequest) -> Response:
        """
        Trade a refresh token for a new pair, once.

        A second trade of the same token ends the whole session (401): send one refresh at a time.
        """
        jti = tokens.read_refresh(self.validated()["refresh"])
        if jti is None:
            raise SessionNotValid
        return Response(_pair(sessions.rotate(jti, at=timezone.now())))


class VerifyTokenView(PublicAuthView):
    """Whether a token is good, and until when."""

    serializer_class = shapes.VerifyTokenSerializer

    @documented(
        summary="Verify a token",
        request=shapes.VerifyTokenSerializer,
        responses={200: shapes.VerifiedTokenSerializer},
    )
    def post(self, request: UserRequest) -> Response:
        """Say which kind of token this is and that its session lives; 401 otherwise."""
        text = self.validated()["token"]
        now = timezone.now()
        claims = tokens.read_access(text)
        if claims is not None and sessions.is_session_current(
            claims.session_id, epoch=claims.epoch, at=now
        ):
            return Response({"token_type": "access"})
        jti = tokens.read_refresh(text)
        if jti is not None and sessions.is_refreshable(jti, at=now):
            return Response({"token_type": "refresh"})
        raise SessionNotValid


class LogoutView(AuthView):
    """End the session."""

    serializer_class = shapes.LogoutSerializer
    permission_classes = [AllowAny]
    open_before_enrollment = True

    @documented(summary="Sign out", request=shapes.LogoutSerializer, responses={204: "Signed out."})
    def post(self, request: UserRequest) -> Response:
        """End this session, or with `all_sessions` every session of the account, at once."""
        given = self.validated()
        session = self.session() or _session_of(given.get("refresh", ""))
        if session is None:
            raise SessionNotValid
        now = timezone.now()
        if given["all_sessions"]:
            sessions.end_all_sessions(session.user, reason="logout", actor=session.user, at=now)
        else:
            sessions.end_session(session, actor=session.user, at=now)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(AuthView):
    """The account that asks, with what it may do."""

    serializer_class = ChangeOwnProfileSerializer
    open_before_enrollment = True

    @documented(summary="Who am I", responses={200: MeSerializer})
    def get(self, request: UserRequest) -> Response:
        """The caller's account, profile, roles, permissions and operators."""
        user = request.user
        everything = {
            "id": user.pk,
            "email": user.email,
            "full_name": user.full_name,
            "is_staff": user.is_staff,
            "is_superuser": user.is_superuser,
            "profile": profiles.own_profile(user),
            "roles": user.authority.roles,
            "permissions": sorted(user.authority.permissions),
            "scopes": sorted(scopes_of(user)),
            "second_factor": {
                "is_required": user.authority.requires_totp,
                "is_enrolled": second_factor.is_enrolled(user),
            },
        }
        return Response(MeSerializer(everything, context=self.get_serializer_context()).data)

    @documented(
        summary="Change my profile",
        request=ChangeOwnProfileSerializer,
        responses={200: ProfileSerializer},
    )
    def patch(self, request: UserRequest) -> Response:
        """Change one's own telephone, time zone or emergency contact; needs no If-Match."""
        profile = profiles.change_profile(
            profiles.own_profile(request.user),
            version=None,
            actor=request.user,
            at=timezone.now(),
            **self.validated(),
        )
        return Response(ProfileSerializer(profile, context=self.get_serializer_context()).data)


class ChangePasswordView(AuthView):
    """Change one's own password; ends every session."""

    serializer_class = shapes.ChangePasswordSerializer
    throttle_classes = [LoginThrottle]
    open_before_enrollment = True

    @documented(
        summary="Change my password",
        request=shapes.ChangePasswordSerializer,
        responses={204: "Changed. Sign in again."},
    )
    def post(self, request: UserRequest) -> Response:
        """Change one's own password; every session ends, this one too."""
        given = self.validated()
        passwords.change_password(
            request.user,
            current=given["current_password"],
            new=given["new_password"],
            at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class EnrollTotpView(AuthView):
    """Begin a second factor."""

    serializer_class = EmptyCommandSerializer
    open_before_enrollment = True

    @documented_action(
        summary="Enroll a second factor", responses={200: shapes.TotpEnrollmentSerializer}
    )
    def post(self, request: UserRequest) -> Response:
        """Make a new secret for an authenticator app; confirm it with a code to make it count."""
        self.validated()
        device = second_factor.enroll(request.user, at=timezone.now())
        uri = second_factor.provisioning_uri(device)
        secret = second_factor.secret_text(device)
        return Response({"secret": secret, "otpauth_uri": uri, "qr_svg": _qr_code(uri)})


class ConfirmTotpView(AuthView):
    """Prove the second factor once, and use it from then on."""

    serializer_class = shapes.ConfirmTotpSerializer
    throttle_classes = [LoginThrottle]
    open_before_enrollment = True

    @documented(
        summary="Confirm the second factor",
        request=shapes.ConfirmTotpSerializer,
        responses={200: shapes.RecoveryCodesSerializer},
    )
    def post(self, request: UserRequest) -> Response:
        """Prove that the authenticator works; answers with the recovery codes, shown only now."""
        codes = second_factor.confirm(
            request.user, **self.validated(), session=self.session(), at=timezone.now()
        )
        return Response({"recovery_codes": codes})


class DisableTotpView(AuthView):
    """Give up the second factor."""

    serializer_class = shapes.ConfirmPasswordSerializer
    throttle_classes = [LoginThrottle]

    @documented(
        summary="Disable my second factor",
        request=shapes.ConfirmPasswordSerializer,
        responses={204: "Disabled. Sign in again."},
    )
    def post(self, request: UserRequest) -> Response:
        """Remove one's own second factor; every session ends."""
        second_factor.disable(request.user, **self.validated(), at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class RecoveryCodesView(AuthView):
    """New recovery codes in place of the old."""

    serializer_class = shapes.ConfirmPasswordSerializer
    throttle_classes = [LoginThrottle]

    @documented(
        summary="Renew my recovery codes",
        request=shapes.ConfirmPasswordSerializer,
        responses={200: shapes.RecoveryCodesSerializer},
    )
    def post(self, request: UserRequest) -> Response:
        """Replace the recovery codes; the old ones stop working."""
        codes = second_factor.renew_recovery_codes(
            request.user, **self.validated(), at=timezone.now()
        )
        return Response({"recovery_codes": codes})


def _pair(link: RefreshToken) -> dict[str, Any]:
    session = link.session
    needs_factor = session.user.authority.requires_totp and session.second_factor_at is None
    return {
        "access": tokens.access_text(session),
        "refresh": tokens.refresh_text(link),
        "totp_enrollment_required": needs_factor,
    }


def _session_of(refresh: str) -> SignInSession | None:
    jti = tokens.read_refresh(refresh)
    return sessions.session_of(jti) if jti else None


def _qr_code(uri: str) -> str:
    picture = io.BytesIO()
    segno.make(uri, error="m").save(picture, kind="svg", scale=4, border=4, xmldecl=False)
    return picture.getvalue().decode()
