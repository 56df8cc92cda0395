/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters in all their forms; cut at every byte, and a field of nothing but sections. */
#include "common/base/parameter.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

static const struct {
	const char *field, *plain, *coded, *joined;
	bool repeated;
} cases[] = {
	{ "", "", "", "", false },
	{ "x", "", "", "", false },
	{ "t/x; x=a", "a", "", "", false },
	{ "x=a", "a", "", "", false },
	{ "t/x;X = \"a;\\\"b\" ; y=x=c", "a;\"b", "", "", false },
	{ "t; xx=a; x", "", "", "", false },
	{ "t; x=; y=b", "", "", "", false },
	{ "t; x=a; x=b", "a", "", "", true },
	{ "t; x=a; x=a", "a", "", "", false },
	{ "t; x=a;X=\"\\a\"; x=a ", "a", "", "", false },
	{ "t; x=a; x=a; x=b; x=a", "a", "", "", true },
	{ "t; x=a; x=ab", "a", "", "", true },
	{ "t; x=ab; x=a", "ab", "", "", true },
	{ "t; x*=''a; x*=''a", "", "a", "", false },
	{ "t; x*0=a; x*0=a", "", "", "a", false },
	{ "t; x*0=%61; x*0*=%61", "", "", "%61", true },
	{ "t; x*=utf-8''%41b%4", "", "Ab%4", "", false },
	{ "t; x*=\"a'b'%41\"", "", "A", "", false },
	{ "t; x=a; x*=b; x*0=c", "a", "b", "c", false },
	{ "t; x*1=b; x*0=\"a\"; x*2*=%63'd'e", "", "", "abc'd'e", false },
	{ "t; x*0*=l''%61; x*1*=l''%62", "", "", "al''b", false },
	{ "t; x*00=a; x*01=b", "", "", "ab", false },
	{ "t; x*0=a; x*0=b", "", "", "a", true },
	{ "t; x*0=; x*1=b", "", "", "b", false },
	{ "t; x*0=a; x*2=b", "", "", "a", true },
	{ "t; x*1=a", "", "", "", true },
	{ "t; x*63=a", "", "", "", true },
	{ "t; x*64=a", "", "", "", true },
	{ "t; x**=a", "", "", "", true },
	{ "t; x*=a; x*0x=b", "", "a", "", true },
};

TEST(parameters_in_all_forms)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct parameter p;
		char out[64];

		parameter_find(span_text(cases[i].field), "x", &p);
		CHECK_ROW(cases[i].field,
		    span_is(span_of(out, parameter_plain(&p, out, 64)), cases[i].plain));
		CHECK_ROW(cases[i].field,
		    span_is(span_of(out, parameter_coded(&p, out, 64)), cases[i].coded));
		CHECK_ROW(cases[i].field,
		    span_is(span_of(out, parameter_joined(&p, out, 64)), cases[i].joined));
		CHECK_ROW(cases[i].field, p.repeated == cases[i].repeated);
	}
}

/* In a copy that ends where the allocator sees what reads on. */
TEST(fields_are_cut_at_every_byte_and_values_at_the_room)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		for (size_t n = 1; n <= strlen(cases[i].field); n++) {
			char *copy = malloc(n), out[8];
			struct parameter p;

			memcpy(copy, cases[i].field, n);
			parameter_find(span_of(copy, n), "x", &p);
			memset(out, 0x5a, sizeof(out));
			CHECK_ROW(cases[i].field, parameter_plain(&p, out, 1) <= 1);
			CHECK_ROW(cases[i].field, parameter_coded(&p, out, 1) <= 1);
			CHECK_ROW(cases[i].field, parameter_joined(&p, out, 1) <= 1);
			CHECK_ROW(cases[i].field, out[1] == 0x5a);
			free(copy);
		}
	}
}

TEST(all_sections_there_may_be)
{
	char field[2048] = "t", expected[65] = "", out[128];
	struct parameter p;

	for (unsigned i = PARAMETER_SECTIONS_MAX; i-- > 0;) {
		snprintf(field + strlen(field), sizeof(field) - strlen(field), "; x*%u=%c", i,
		    'A' + (int)(i % 26));
		expected[i] = (char)('A' + (int)(i % 26));
	}
	parameter_find(span_text(field), "x", &p);
	CHECK(span_is(span_of(out, parameter_joined(&p, out, 128)), expected) && !p.repeated);
	strcat(field, "; x*64=a");
	parameter_find(span_text(field), "x", &p);
	CHECK(span_is(span_of(out, parameter_joined(&p, out, 128)), expected) && p.repeated);
}
