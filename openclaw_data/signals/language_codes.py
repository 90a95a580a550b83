"""Language codes of fastText models, and which script a language code cannot be written in.

lid.176 answers in ISO 639-1 where there is one (`__label__zh`), GlotLID and OpenLID in ISO 639-3 and ISO 15924
(`__label__cmn_Hani`, `__label__zho_Hans`, `__label__eng_Latn`). The columns of a batch hold BCP 47: the short code
where there is one, so that `zh` and `en` mean the same whatever the model.
"""

from functools import lru_cache

PREFIX = "__label__"

SHORT = dict(
    pair.split(":")
    for pair in """
    aar:aa abk:ab afr:af aka:ak amh:am ara:ar arb:ar arg:an asm:as ava:av aym:ay ayr:ay aze:az azj:az bak:ba bam:bm
    bel:be ben:bn bis:bi bod:bo bos:bs bre:br bul:bg cat:ca ces:cs cha:ch che:ce chv:cv cmn:zh cor:kw cos:co cre:cr
    cym:cy dan:da deu:de div:dv dzo:dz ekk:et ell:el eng:en epo:eo est:et eus:eu ewe:ee fao:fo fas:fa fij:fj fin:fi
    fra:fr fry:fy ful:ff gla:gd gle:ga glg:gl glv:gv grn:gn gug:gn guj:gu hat:ht hau:ha hbs:sh heb:he hin:hi hrv:hr
    hun:hu hye:hy ibo:ig ido:io iku:iu ile:ie ina:ia ind:id isl:is ita:it jav:jv jpn:ja kal:kl kan:kn kas:ks kat:ka
    kau:kr kaz:kk khk:mn khm:km kik:ki kin:rw kir:ky kmr:ku kom:kv kon:kg kor:ko kpv:kv kur:ku lao:lo lat:la lav:lv
    lim:li lin:ln lit:lt ltz:lb lug:lg lvs:lv mah:mh mal:ml mar:mr mkd:mk mlg:mg mlt:mt mon:mn mri:mi msa:ms mya:my
    nav:nv nbl:nr nde:nd ndo:ng nep:ne nld:nl nno:nn nob:no nor:no npi:ne nya:ny oci:oc oji:oj ori:or orm:om ory:or
    oss:os pan:pa pbt:ps pes:fa plt:mg pol:pl por:pt prs:fa pus:ps quy:qu que:qu roh:rm ron:ro run:rn rus:ru sag:sg
    san:sa sin:si slk:sk slv:sl sme:se smo:sm sna:sn snd:sd som:so sot:st spa:es sqi:sq als:sq srd:sc srp:sr ssw:ss
    sun:su swa:sw swe:sv swh:sw tah:ty tam:ta tat:tt tel:te tgk:tg tgl:tl fil:tl tha:th tir:ti ton:to tsn:tn tso:ts
    tuk:tk tur:tr twi:tw uig:ug ukr:uk urd:ur uzb:uz uzn:uz ven:ve vie:vi vol:vo wln:wa wol:wo xho:xh ydd:yi yid:yi
    yor:yo zha:za zho:zh zsm:ms zul:zu
    """.split()  # noqa: SIM905  a block is easier to read than 190 quoted pairs
)
"""ISO 639-3 code : the ISO 639-1 code it is written with here, individual languages under their macrolanguage's."""

SINITIC = frozenset({"zh", "yue", "wuu", "lzh", "nan", "hak", "gan", "hsn", "cdo", "cjy", "cpx", "mnp"})
"""Chinese and its relatives: the answers that are possible for a text in Han characters without kana."""

EAST_ASIAN = SINITIC | {"ja", "ko"}
"""Languages that are not written in the alphabets: an answer of a model that a text in letters refutes."""


@lru_cache(maxsize=8192)
def of_label(label: str) -> str:
    """The BCP 47 code of a fastText label: `__label__cmn_Hani` and `zho_Hans` -> `zh`, `yue_Hant` -> `yue`."""
    code = label.removeprefix(PREFIX).split("_")[0].split("-")[0].lower()
    return SHORT.get(code, "und" if code == "zxx" else code)
