"""Makes foreign.json: hashes as other systems export them, each made by the library that the system uses.

    python3 -m venv venv && venv/bin/pip install 'passlib==1.7.4' 'django==5.2' 'argon2-cffi==25.1.0' 'bcrypt==4.0.1'
    venv/bin/python foreign.py > foreign.json

Keycloak, Spring Security and ASP.NET Identity have no library in Python: their forms are put together here from hashlib
and argon2-cffi, by the published sources; the four named `documented` are from Spring Security's own documentation.
Every run has other salts, and the same passwords.
"""
import base64, hashlib, json, os, struct, unicodedata

import argon2, bcrypt
import django
from django.conf import settings

settings.configure(PASSWORD_HASHERS=[
    "django.contrib.auth.hashers." + name for name in [
        "Argon2PasswordHasher", "PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "BCryptPasswordHasher",
        "BCryptSHA256PasswordHasher", "ScryptPasswordHasher", "MD5PasswordHasher"]])
django.setup()
from django.contrib.auth import hashers
from passlib import hash as passlib

PASSWORD = "correct horse battery staple"
# Letters with marks, taken apart: how macOS names files, and how some keyboards type.
DECOMPOSED = unicodedata.normalize("NFD", "Ångström für immer")
LONG = "a long phrase " * 8
# Compatibility characters and a mark that NFC puts in another order.
UNUSUAL = "e\u0323\u0302 \u212b \ufb01ne"

cases, nfc_only = [], []


def case(name, text, password=PASSWORD):
    cases.append({"name": name, "hash": text, "password_hex": password.encode().hex()})


def b64(data):
    return base64.b64encode(data).decode()


def salt(n=16):
    return os.urandom(n)


def a2(password, kind=argon2.Type.ID, t=1, m=64, p=1, n=32, s=None):
    return argon2.low_level.hash_secret_raw(password.encode(), s, t, m, p, n, kind)


# Argon2 itself: orders, padding, lengths.
for order in ["m,t,p", "m,p,t", "t,m,p", "t,p,m", "p,m,t", "p,t,m"]:
    s = salt()
    cost = ",".join({"m": "m=64", "t": "t=2", "p": "p=2"}[letter] for letter in order.split(","))
    tag = a2(PASSWORD, t=2, p=2, s=s)
    case("argon2id, costs in the order " + order, f"$argon2id$v=19${cost}${b64(s).rstrip('=')}${b64(tag).rstrip('=')}")
s = salt()
case("argon2id, padded base64", f"$argon2id$v=19$m=64,t=1,p=1${b64(s)}${b64(a2(PASSWORD, s=s))}")
for n in [16, 24, 64]:
    s = salt()
    case(f"argon2id, {n} bytes of tag",
         f"$argon2id$v=19$m=64,t=1,p=1${b64(s).rstrip('=')}${b64(a2(PASSWORD, n=n, s=s)).rstrip('=')}")
s = salt()
case("argon2i", f"$argon2i$v=19$m=64,t=3,p=1${b64(s).rstrip('=')}${b64(a2(PASSWORD, argon2.Type.I, t=3, s=s)).rstrip('=')}")

# Django, by Django.
def django_case(name, hasher, password=PASSWORD):
    case("django " + name, hasher.encode(password, hasher.salt()), password)


class Argon2(hashers.Argon2PasswordHasher):
    time_cost, memory_cost, parallelism = 2, 512, 8


class PBKDF2(hashers.PBKDF2PasswordHasher):
    iterations = 1000


class PBKDF2SHA1(hashers.PBKDF2SHA1PasswordHasher):
    iterations = 1000


class BCrypt(hashers.BCryptPasswordHasher):
    rounds = 4


class BCryptSHA256(hashers.BCryptSHA256PasswordHasher):
    rounds = 4


class Scrypt(hashers.ScryptPasswordHasher):
    work_factor = 16


for name, hasher in [("argon2", Argon2()), ("pbkdf2_sha256", PBKDF2()), ("pbkdf2_sha1", PBKDF2SHA1()),
                     ("bcrypt", BCrypt()), ("bcrypt_sha256", BCryptSHA256()), ("scrypt", Scrypt())]:
    django_case(name, hasher)
    django_case(name + ", a password taken apart", hasher, DECOMPOSED)
django_case("bcrypt_sha256, 112 bytes of password", BCryptSHA256(), LONG)

# passlib, by passlib.
for name, scheme in [
    ("pbkdf2_sha1", passlib.pbkdf2_sha1.using(rounds=1000)), ("pbkdf2_sha256", passlib.pbkdf2_sha256.using(rounds=1000)),
    ("pbkdf2_sha512", passlib.pbkdf2_sha512.using(rounds=1000)), ("scrypt", passlib.scrypt.using(rounds=4)),
    ("bcrypt", passlib.bcrypt.using(rounds=4)), ("bcrypt 2a", passlib.bcrypt.using(rounds=4, ident="2a")),
    ("bcrypt 2y", passlib.bcrypt.using(rounds=4, ident="2y")),
    ("bcrypt_sha256", passlib.bcrypt_sha256.using(rounds=4)),
    ("bcrypt_sha256 of version 1", passlib.bcrypt_sha256.using(rounds=4, version=1)),
    ("argon2", passlib.argon2.using(rounds=1, memory_cost=64)),
    ("ldap_pbkdf2_sha1", passlib.ldap_pbkdf2_sha1.using(rounds=1000)),
    ("ldap_pbkdf2_sha256", passlib.ldap_pbkdf2_sha256.using(rounds=1000)),
    ("ldap_pbkdf2_sha512", passlib.ldap_pbkdf2_sha512.using(rounds=1000)),
    ("ldap_bcrypt", passlib.ldap_bcrypt.using(rounds=4)),
]:
    for what, password in [("", PASSWORD), (", a password taken apart", DECOMPOSED), (", unusual", UNUSUAL)]:
        case("passlib " + name + what, scheme.hash(password), password)
case("passlib bcrypt_sha256, 112 bytes of password", passlib.bcrypt_sha256.using(rounds=4).hash(LONG), LONG)

# Keys that are longer and shorter than one block of the hash.
for n in [16, 20, 33, 64]:
    s = salt()
    key = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), s, 27, n)
    case(f"pbkdf2-sha256, {n} bytes of key", f"$pbkdf2-sha256$27${b64(s)}${b64(key)}")

# bcrypt: the bits that nothing uses, in the salt and in the tag.
ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
plain = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
for bits in [1, 6, 15]:
    last = ALPHABET[ALPHABET.index(plain[28]) | bits]
    case(f"bcrypt, {bits} in the padding of the salt", plain[:28] + last + plain[29:])
case("bcrypt, 3 in the padding of the tag", plain[:59] + ALPHABET[ALPHABET.index(plain[59]) | 3])

# Spring Security.
case("spring bcrypt", "{bcrypt}" + bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4, b"2a")).decode())
case("spring argon2", "{argon2}" + passlib.argon2.using(rounds=1, memory_cost=64).hash(PASSWORD))
case("spring argon2 5.8", "{argon2@SpringSecurity_v5_8}" + passlib.argon2.using(rounds=1, memory_cost=64).hash(PASSWORD))
s = salt()
case("spring scrypt 5.8", "{scrypt@SpringSecurity_v5_8}$40801$" + b64(s) + "$"
     + b64(hashlib.scrypt(PASSWORD.encode(), salt=s, n=16, r=8, p=1, dklen=32)))
s = salt()
case("spring pbkdf2 5.8", "{pbkdf2@SpringSecurity_v5_8}"
     + (s + hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), s, 310000, 32)).hex())
case("spring bcrypt, documented", "{bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG", "password")
case("spring pbkdf2, documented",
     "{pbkdf2}5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4ed4d6b99ca763d8dc", "password")
case("spring scrypt, documented",
     "{scrypt}$e0801$8bWJaSu2IKSn9Z9kM+TPXfOc/9bdYSrN1oD9qfVThWEwdRTnO7re7Ei+fUZRJ68k9lTyuTeUp4of4g24hHnazw=="
     "$OAOec05+bXxvuu/1qZ6NUR+xQYvYv7BeL1QxwRpY5Pc=", "password")


# Keycloak: the credential of a realm's export.
def keycloak(name, algorithm, value, s, iterations, parameters, password=PASSWORD, more={}):
    case("keycloak " + name, json.dumps({
        **more,
        "secretData": json.dumps({"value": b64(value), "salt": b64(s), "additionalParameters": {}}),
        "credentialData": json.dumps({
            "hashIterations": iterations, "algorithm": algorithm, "additionalParameters": parameters}),
    }), password)


whole = {"id": "7b2d3c5e-0c1f-4a56-9d0d-0d8a1a5b3c11", "type": "password", "userLabel": "My password",
         "createdDate": 1700000000000}
for password, what in [(PASSWORD, ""), (DECOMPOSED, ", a password taken apart")]:
    for algorithm, digest, n in [("pbkdf2", "sha1", 64), ("pbkdf2-sha256", "sha256", 64),
                                 ("pbkdf2-sha256", "sha256", 32), ("pbkdf2-sha512", "sha512", 64)]:
        s = salt()
        keycloak(f"{algorithm}, {n} bytes{what}", algorithm,
                 hashlib.pbkdf2_hmac(digest, password.encode(), s, 275, n), s, 275, {}, password, whole)
    s = salt()
    keycloak("argon2" + what, "argon2", a2(password, t=5, m=128, s=s), s, 5, {
        "hashLength": ["32"], "memory": ["128"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"]}, password)

# ASP.NET Identity, version 3 and 2.
for prf, digest in enumerate(["sha1", "sha256", "sha512"]):
    s = salt()
    head = b"\x01" + struct.pack(">III", prf, 1000, 16)
    case("asp.net 3, " + digest, b64(head + s + hashlib.pbkdf2_hmac(digest, PASSWORD.encode(), s, 1000, 32)))
s = salt()
case("asp.net 2", b64(b"\x00" + s + hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), s, 1000, 32)))

# What is refused, and a word of the reason.
argon = passlib.argon2.using(rounds=1, memory_cost=64).hash(PASSWORD)
key = b64(salt(32)).rstrip("=")
refused = [
    ("argon2 without t", argon.replace("t=1,", ""), "does not say t"),
    ("argon2 without m", argon.replace("m=64,", ""), "does not say m"),
    ("argon2 without p", argon.replace(",p=4", ""), "does not say p"),
    ("argon2 of version 16", argon.replace("v=19", "v=16"), "version 19"),
    ("django argon2 with 5 GiB", "argon2" + argon.replace("m=64", "m=5242880"), "out of bounds"),
    ("ssha", passlib.ldap_salted_sha1.hash(PASSWORD), "{SSHA}"),
    ("ssha512", passlib.ldap_salted_sha512.hash(PASSWORD), "{SSHA}"),
    ("sha", passlib.ldap_sha1.hash(PASSWORD), "SHA"), ("ldap md5", passlib.ldap_md5.hash(PASSWORD), "MD5"),
    ("spring sha256", "{sha256}" + salt(40).hex(), "SHA"), ("spring noop", "{noop}" + PASSWORD, "plain text"),
    ("md5-crypt", passlib.md5_crypt.hash(PASSWORD), "MD5"), ("apr1", passlib.apr_md5_crypt.hash(PASSWORD), "MD5"),
    ("django md5", hashers.make_password(PASSWORD, hasher="md5"), "MD5"),
    ("hex md5", passlib.hex_md5.hash(PASSWORD), "MD5"), ("hex sha1", passlib.hex_sha1.hash(PASSWORD), "SHA"),
    ("hex sha256", passlib.hex_sha256.hash(PASSWORD), "SHA"), ("phpass", passlib.phpass.hash(PASSWORD), "phpass"),
    ("phpbb", passlib.phpass.using(ident="H").hash(PASSWORD), "phpass"), ("mysql 5", passlib.mysql41.hash(PASSWORD), "SHA"),
    ("sha256-crypt", passlib.sha256_crypt.hash(PASSWORD), "SHA-crypt"),
    ("sha512-crypt", passlib.sha512_crypt.hash(PASSWORD), "SHA-crypt"),
    ("ldap sha512-crypt", passlib.ldap_sha512_crypt.hash(PASSWORD), "SHA-crypt"),
    ("dovecot sha512-crypt", "{SHA512-CRYPT}" + passlib.sha512_crypt.hash(PASSWORD), "SHA-crypt"),
    ("firebase export", b64(salt(64)), "Firebase"), ("firebase, named", "$fbscrypt$v=1,n=14,r=8,p=1$" + key, "Firebase"),
    ("firebase json", json.dumps({"localId": "1", "passwordHash": b64(salt(64)), "salt": b64(salt(8))}), "Firebase"),
    ("yescrypt", "$y$j9T$" + key, "yescrypt"), ("nt", "{NT}" + salt(16).hex(), "MD4"),
    ("django unusable", hashers.make_password(None), "without a usable password"), ("locked", "!!", "usable password"),
    ("shadow", "*", "usable password"), ("nothing", "", "empty"), ("plain text", PASSWORD, "no known form"),
    ("bcrypt 2x", plain.replace("$2b$", "$2x$"), "$2a$, $2b$ or $2y$"), ("bcrypt 15", plain.replace("$04$", "$15$"), "04 to 14"),
    ("django scrypt, N no power of two", Scrypt().encode(PASSWORD, "salt").replace("$16$", "$17$"), "power of two"),
    ("django scrypt, 8 GiB", Scrypt().encode(PASSWORD, "salt").replace("$16$", "$8388608$"), "out of bounds"),
    ("spring scrypt, 8 GiB", "{scrypt}$170801$" + b64(salt(16)) + "$" + b64(salt(32)), "out of bounds"),
    ("spring pbkdf2 of other lengths", "{pbkdf2}" + salt(48).hex(), "does not say what it cost"),
    ("pbkdf2, iterations times blocks", f"$pbkdf2-sha256$9000000${key}${b64(salt(64))}", "iterations"),
    ("pbkdf2, 15 bytes", f"$pbkdf2-sha256$9${key}${b64(salt(15))}", "16 to 64 bytes"),
    ("pbkdf2, 65 bytes", f"$pbkdf2-sha256$9${key}${b64(salt(65))}", "16 to 64 bytes"),
    ("asp.net, cut off", b64(b"\x01\0\0\0\x01\0\0\x27\x10\0\0\0\x10" + salt(8)), "cut off"),
    ("asp.net, four billion iterations", b64(b"\x01\0\0\0\x01\xff\xff\xff\xff\0\0\0\x10" + salt(48)), "iterations"),
    ("asp.net, unknown hash", b64(b"\x01\0\0\0\x07\0\0\x27\x10\0\0\0\x10" + salt(48)), "SHA-1, SHA-256 or SHA-512"),
    ("asp.net, salt of four billion", b64(b"\x01\0\0\0\x01\0\0\x27\x10\xff\xff\xff\xff" + salt(48)), "cut off"),
    ("keycloak, other algorithm", json.dumps({
        "secretData": json.dumps({"value": "AAAA", "salt": "AAAA"}),
        "credentialData": json.dumps({"hashIterations": 1, "algorithm": "bcrypt-patreon"})}), "algorithm"),
    ("keycloak, one-time code", json.dumps({
        "type": "otp", "secretData": json.dumps({"value": "AAAA"}), "credentialData": json.dumps({})}), "not a password"),
    ("keycloak, nothing in it", json.dumps({"secretData": "{}", "credentialData": "{}"}), "algorithm"),
    ("json of something else", json.dumps({"password": "x"}), "secretData"), ("broken json", '{"secretData":', "JSON"),
    ("keycloak, argon2 of 8 GiB", json.dumps({
        "secretData": json.dumps({"value": b64(salt(32)), "salt": b64(salt(16))}),
        "credentialData": json.dumps({"hashIterations": 5, "algorithm": "argon2", "additionalParameters": {
            "hashLength": ["32"], "memory": ["8388608"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"]}})}),
     "out of bounds"),
]
print(json.dumps({
    "source": "made by foreign.py beside this file: passlib 1.7.4, Django 5.2, argon2-cffi 25.1.0, bcrypt 4.0.1, hashlib",
    "cases": cases,
    "refused": [{"name": name, "hash": text, "word": word} for name, text, word in refused],
}, indent=2, ensure_ascii=True))
