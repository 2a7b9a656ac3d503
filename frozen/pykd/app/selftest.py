# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd --self-test``: whether this executable arrived whole and works on this machine.

What is checked, in this order:

- the image: what was loaded of the executable and is never written (code, frozen modules, tables), against the hash that
  tools/seal.py left in it. In memory, so that neither /proc nor a readable file is needed;
- the file, the writable data included, against its own hash, where it can be read: by /proc/self/exe, else by its path. Where
  it cannot, that is said, and is no failure: the image is nearly all of it;
- modules: every frozen module and file unpacks, and those of pykd itself can be imported;
- codecs: each decompresses a known page.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import sys
from types import CodeType

import _pykd
import _pykd_files as files
from pykd.boot import importer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HASH_LEN = 32

PAGE = b"".join(b"page %04d: memory of the kernel;" % (number * number % 97) for number in range(128))

PACKED_PAGES = {
    "zlib": (
        "c-rmPIc~!+5Czby@Cc?TaY;_&f=+<gmSCjG?d`&~UcoL9+reyqw$JVS)x+uaKEkcv*2iC1FX8vQhoAnq_v`2OmPg2E$lJa==6(6J?8_7MXZX*E"
        "zbgNP_+fu8`|>iuKjaDVXXrQKkNgYzE5iQ*`%U!+{tfud@(=rq=BuJUz<)yjRM=k-|AhKf%@^=Z$S*>_qW)R^0elkjkI+BCe?xy&;8TEqk$xJK"
        "55}kbgpcrzgY{K^sK3;oad18~Uz$(NxAuefi}sWDoA#sjtM)VZdmOwkdF;OFKI*>eKI^{cL4F~AB7P%&Bz`4+CVnS=D1Mm+`K|b|_%->t>UaDP"
        "j{m{&Klp$DgC|~uRe%"
    ),
    "lzo": (
        "01j|rXJsHTFfcGWAZ=xBZ*qAcZ)PBLXk{R4WpZw1Y&-n}F+F_%G(CL)IXr#<F*ZDY05UZ^eE>5({QxvQ{Q)*T{Q@{X{R1;ReF8E)egQN$JpKST"
        "GCX|%Fg<+$Gd=wRHa-0SIX?UaJ^ceWJ$(r=J^cYSJ$(T=KKutg{RKHaeFQW<`~f|E0X04T128x|eFru@{RJ{T{RlWceE~H+{Q@#QeFiu_d<{K)"
        "1v5Q;12H}Q060DU2R1!@05m;)1T#JT12H}Q05CoM0XaQ=2{=7{1UEhX1vftY06qNyH$Hp-K70W^d;&gv13r8NK70i}d<H&z2R?iVK70v2d<s5%"
        "3qE}eHa>g|J^Teed=EZ+5I%enK70~Bd=ox=6h3_wIX!$6KYSNGeFZc<d;vau8a{j*K71TLeH}AB{0=^RA3l5_K71iQd?G%4BR+g2K7A!HJ^TYc"
        "d?!A9C_a2CK71-Zd@DYEEHFKN4=_D_3NSr<3m^ah0Iqy63T7a5Xk{R4WpZw1Y&#JE00"
    ),
    "snappy": (
        "fFOKuVP|C^FfcGMIv{OjZEtdUAa7<MbZBKDYh`k7Wo$bUAOJCXAOHX~dLRG*Id&ib1Ti*tAOHk1HFh8X05f_(001<4fB*nCdcXhxIDP;D05f(V"
        "001(2U;qR(H+CQZ1UE8vAOHX`dLRG*GkU-P05*C+0023DfB|{{0RT68U;+R!dVl}`HF{tG06BgD0(yV}06BUf0RS|9fB<@6001?5009IrICdZa"
        "05*Dn0RS?3Kmq_bdSCzmHG04R05W=@0RT9DU;}z!0RS_4-~a$IdO!dGIC=mA05*Cc001<4AOQd~dH?|cF?v7%05E!h00239U;+R*dLRJ+H+p~p"
        "05^U>0D6D`f*=5XU;uic0Dj;AejovUU;%!h0e;{CejoyVU;=)i0)F5Eejo#WU;}=j1AgEGejo&XU<7`k1b*NIejo*YU<H1l1%luOdSC&9U<P^s"
        "0)F5Iejo>aU<ZDn2Y%oOejo^bU<iJo2!7xQejo{cU<rPp34Y)Sejo~dU<!Vq3Vz@Uejp2eU<-nv3wi(n{vZs3fB<^H0Db@gen0_!fB}BM0e%1i"
        "en0|#fC7HN0)7Aken10$fCGNO1AYJmen13%fCPTP1bzSoen16&fCYlU1$rO>f<Oj(U;uu=27Uksen1CefCm"
    ),
    "zstd": (
        "D77#B0BC&$0Fn(M7N98|_{H0@%WMaLvwbOdk|{|Z)URM1&&^r%o_$)!R7{12rPsAnh^?Q^t9?^8^+IMYqBFiq-hMOH`015hsg^2N%6cCo)%@Sc"
        "Dt|`gGAmTKnex><``02)Y3t}L4V7Y3hvuK(qVvYXzyU!l5W|5K7{?%SG!}^jNe;jq2tl9-VyGbqecJEvHFg6c2#g@`pCGXP{_F<bN7$;VH{qtW"
        "L~=c*6~L+i"
    ),
}
"""The page as each codec writes it, in base 85."""


class Failure(Exception):
    """What is wrong; one line."""


class Skipped(Exception):
    """Why a check cannot be made here; one line."""


def check_image() -> str:
    _, _, expected, address = files.seal()
    if not any(expected):
        raise Failure("this executable was never sealed: it is not what the build gives out")
    found = hashlib.sha256()
    size = 0
    for start, view in files.image():
        size += len(view)
        place = address - start
        if 0 <= place <= len(view) - 2 * HASH_LEN:
            found.update(view[:place])
            found.update(bytes(2 * HASH_LEN))
            view = view[place + 2 * HASH_LEN :]
        found.update(view)
    if found.digest() != expected:
        raise Failure("the loaded code or data is not what was built: a damaged copy")
    return f"{size} bytes in memory are as built"


def own_file() -> tuple[str, bytes]:
    """:raises Skipped: the file cannot be read."""
    reasons = []
    for path in ("/proc/self/exe", importer.EXE):
        try:
            with open(path, "rb") as file:
                return path, file.read()
        except OSError as error:
            reasons.append(f"{path}: {error.strerror}")
    raise Skipped("; ".join(reasons))


def check_file() -> str:
    magic, expected, _, _ = files.seal()
    path, data = own_file()
    place = data.find(magic)
    if place < 0:
        raise Failure(f"{path} is not the program that runs")
    place += len(magic)
    found = hashlib.sha256(data[:place])
    found.update(bytes(2 * HASH_LEN))
    found.update(memoryview(data)[place + 2 * HASH_LEN :])
    if found.digest() != expected:
        raise Failure(f"{path} ({len(data)} bytes) is not what was built: a damaged or cut copy")
    return f"all {len(data)} bytes are as built"


def tree(folder: str = "") -> Iterator[str]:
    """Paths of all files in the executable."""
    for name in files.listdir(folder):
        path = f"{folder}/{name}" if folder else name
        if files.is_file(path):
            yield path
        else:
            yield from tree(path)


def check_modules() -> str:
    modules = others = 0
    for path in tree():
        files.read(path)
        if not path.endswith(".py"):
            others += 1
            continue
        if not isinstance(files.code(path), CodeType | None):  # None: kept as source alone
            raise Failure(f"{path} holds no code")
        modules += 1
        # The library's modules are many, and unpacking has shown them whole; the import of ours shows that they fit together.
        if path.startswith("pykd/"):
            importlib.import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    return f"{modules} modules and {others} other files unpack"


def check_codecs() -> str:
    for codec, packed in PACKED_PAGES.items():
        try:
            page = _pykd.decompress(codec, base64.b85decode(packed), len(PAGE))  # type: ignore[arg-type]
        except ValueError as error:
            raise Failure(f"{codec}: {error}") from error
        if page != PAGE:
            raise Failure(f"{codec} decompresses a known page to something else")
    return f"{', '.join(PACKED_PAGES)} decompress a known page"


def check_sandbox() -> str:
    """What :mod:`pykd.app.sandbox` brings into force here, tried in a child."""
    import os

    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reader)
            os.write(writer, _tried().encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        verdict = pipe.read()
    os.waitpid(child, 0)
    kind, _, text = verdict.partition(" ")
    if kind != "ok":
        raise (Skipped if kind == "skipped" else Failure)(text or "the child has ended early")
    return text


def _tried() -> str:
    import os

    import _pykd_sandbox

    force = _pykd_sandbox.enter()
    if not force["seccomp"]:
        return "skipped this kernel has no seccomp for us: nothing is given up"
    for name, attempt in (("a file was opened for writing", lambda: os.open("/dev/null", os.O_WRONLY)), ("a program was run", lambda: os.execv(importer.EXE, ["x", "-p"])),
                          ("a folder was made", lambda: os.mkdir("/pykd-self-test"))):  # fmt: skip
        try:
            attempt()
        except PermissionError:
            continue
        except OSError as error:
            return f"failed {name[0]}: {error.strerror}"
        return f"failed {name}"
    landlock = f"Landlock {force['landlock']}" if force["landlock"] else "no Landlock"
    return f"ok seccomp, {landlock}, no new privileges: `id` and batches of commands write and run nothing"


CHECKS: dict[str, Callable[[], str]] = {
    "image": check_image,
    "file": check_file,
    "modules": check_modules,
    "codecs": check_codecs,
    "sandbox": check_sandbox,
}


def run() -> bool:
    """Print a line for each check; returns whether none failed."""
    whole = True
    for name, check in CHECKS.items():
        try:
            verdict = f"ok       {check()}"
        except Skipped as reason:
            verdict = f"skipped  {reason}"
        except Exception as error:
            verdict = f"FAILED   {error if isinstance(error, Failure) else f'{type(error).__name__}: {error}'}"
            whole = False
        print(f"{name:<8} {verdict}")
    sys.stdout.flush()
    return whole
