import pytest

from workers.addresses import ForbiddenAddressError, UnknownHostError, is_public, resolve


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001:81b::200e", "64:ff9b::808:808"],
)
def test_a_host_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.5.5", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",
        "::8.8.8.8", "2002:7f00:1::", "2002:808:808::", "2001:0:808:808::1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "192.88.99.1",
        "2001:20::1", "3fff::1", "5f00::1",
    ],
)  # fmt: skip
def test_what_is_not_one_host_of_the_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.1", "0x7f.0.0.1", "2130706433", "0", "::1", "::ffff:7f00:1"],
)
def test_every_spelling_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="not a public address"):
        resolve(host, 80)


def test_only_the_ports_of_the_web_are_asked() -> None:
    with pytest.raises(ForbiddenAddressError, match="22"):
        resolve("8.8.8.8", 22)
    assert resolve("8.8.8.8", 443) == ["8.8.8.8"]


def test_the_setting_opens_private_addresses_and_all_ports() -> None:
    assert resolve("127.0.0.1", 8080, allow_private=True) == ["127.0.0.1"]


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".example", "a..b"])
def test_a_name_without_an_address_is_an_error_of_its_own(host: str) -> None:
    with pytest.raises(UnknownHostError):
        resolve(host, 80)
