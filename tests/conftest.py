"""Fixtures for all tests: certificates, and the judges that are not ours."""

from collections.abc import Iterator

import pytest

from tests.certificates import Certificates, make_certificates
from tests.effort import register_profiles
from tests.judges.aiosmtpd_server import AiosmtpdServer
from tests.judges.exim import Exim
from tests.judges.mail_dkim import MailDkim
from tests.judges.opendkim import OpenDkim
from tests.judges.perl_parser import PerlParser
from tests.judges.postfix import Postfix
from tests.judges.spamassassin import SpamAssassin
from tests.services import require_service
from tests.signed import RECORDS

register_profiles()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """One good server certificate, and one of each kind that a client must refuse."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def aiosmtpd_server(certificates: Certificates) -> Iterator[AiosmtpdServer]:
    """A fresh aiosmtpd on loopback, with STARTTLS, SMTPUTF8 and a login."""
    with AiosmtpdServer(certificates.good.context) as server:
        yield server


@pytest.fixture(scope="session")
def postfix(certificates: Certificates) -> Iterator[Postfix]:
    """A private Postfix on loopback that takes mail for every domain."""
    require_service("Postfix", Postfix.missing())
    with Postfix(certificates.good.chain_file) as server:
        yield server


@pytest.fixture(scope="session")
def exim(certificates: Certificates) -> Iterator[Exim]:
    """A private Exim on loopback that takes mail for every domain."""
    require_service("Exim", Exim.missing())
    with Exim(certificates.good.chain_file) as server:
        yield server


@pytest.fixture(scope="session")
def perl_parser() -> Iterator[PerlParser]:
    """A reader of mail that is not Python's."""
    require_service("Perl's Email::MIME", PerlParser.missing())
    with PerlParser() as parser:
        yield parser


@pytest.fixture(scope="session")
def spamassassin() -> Iterator[SpamAssassin]:
    """A spam filter with its local rules."""
    require_service("SpamAssassin", SpamAssassin.missing())
    with SpamAssassin() as judge:
        yield judge


@pytest.fixture(scope="session")
def mail_dkim() -> Iterator[MailDkim]:
    """A verifier of signatures that is not Python's, for RSA."""
    require_service("Perl's Mail::DKIM", MailDkim.missing())
    with MailDkim(RECORDS) as judge:
        yield judge


@pytest.fixture(scope="session")
def opendkim(tmp_path_factory: pytest.TempPathFactory) -> OpenDkim:
    """Another, for RSA and Ed25519."""
    require_service("OpenDKIM", OpenDkim.missing())
    return OpenDkim(tmp_path_factory.mktemp("opendkim"), RECORDS)
