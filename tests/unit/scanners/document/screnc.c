/* SPDX-License-Identifier: BSD-3-Clause */
/* Encoded scripts: where one begins and ends, what comes out, and that nothing is read too far. */
#include "scanners/document/screnc.h"

#include "tests/unit/scanners/document/lettered.h"

#define A      "#@~^BgAAAA==C,'~8iSgEAAA==^#~@"
#define A_SAYS "a = 1;"
#define B      "#@~^GgAAAA==r6Pc(P@!P ,[L~m,@*~F*P[@$\177i@#@&aQUAAA==^#~@"
#define B_SAYS "if (b < 2 && c > 1) d@e;\r\n"
#define LETTERS                                                   \
	"\t !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRS" \
	"TUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

/* LETTERS twice, and the same thrice: each letter by the steps that come to it; clamscan reads the
 * first so, too. */
static const char each[] =
    "#@~^wAAAAA==7,\"E[^u[Bv#CQ~ R&!8 f*lvGR1)p@!'@*_@$b~ZG2oMu(x|JHg6n5IjP`.\177pe\\$wT%m#l81N"
    "\1770o4kNVVsxGw$DdO!\\hXzyPu8\?7~\"raf]'BcbC_SOc&!8 f*lvG01=i@!'@*_@$b$;fAsM_qxFSt16n5IjP`."
    "\177oe}]-T%m|l(m9+Wo4rN3s:\011Gw$DdO!\\haz.\011k8\?tDoAAA==^#~@";

static const struct lettered way = { screnc_next, screnc_decode };

static const struct lettered_case cases[] = {
	{ "one", A, A_SAYS, NULL },
	{ "escapes", B, B_SAYS, NULL },
	{ "each letter", each, LETTERS LETTERS, NULL },
	{ "in a page", "<script language=JScript.Encode>" A "</script>", A_SAYS, NULL },
	{ "two", A " and " B, A_SAYS, B_SAYS },
	{ "the first without its end", "#@~^BgAAAA==C,'~8i" B, A_SAYS, B_SAYS },
	{ "without its end", "#@~^BgAAAA==C,'~8i", A_SAYS, NULL },
	{ "with another length", "#@~^AAAAAA==C,'~8iSgEAAA==^#~@", A_SAYS, NULL },
	{ "no letter of ASCII", "#@~^BQAAAA==\374~{PqqgEAAA==^#~@", "\374 = 1", NULL },
	{ "an escape that is none", "#@~^AQAAAA==@xAAAAAA==^#~@", "@J", NULL },
	{ "too short for its sum", "#@~^BgAAAA==C,'==^#~@", "a =", NULL },
	{ "no length", "#@~^BgAAAA C,'~8iSgEAAA==^#~@", NULL, NULL },
	{ "a mark before one", "#@~^" A, A_SAYS, NULL },
	{ "a head alone", "#@~^BgAAAA==", NULL, NULL },
	{ "nothing", "", NULL, NULL },
};

TEST(encoded_scripts_are_found_and_decoded)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		lettered_check(&way, &cases[i]);
}

TEST(encoded_scripts_cut_anywhere_are_not_read_beyond)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		lettered_check_cut(&way, &cases[i]);
}
