/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of objects: what Content-Disposition says, in all its forms, else the URL's end. */
#include "dataplane/http/http.h"
#include "tests/unit/harness.h"

static const struct {
	const char *disposition, *target, *name;
} cases[] = {
	{ NULL, "http://h/dir/a.bin?q", "a.bin" },
	{ NULL, "http://h/dir/", "" },
	{ NULL, "http://h", "" },
	{ NULL, "h:443", "" },
	{ NULL, "", "" },
	{ NULL, "/a%20b", "a b" },
	{ NULL, "/a%2fb", "a/b" },
	{ NULL, "/100%", "100%" },
	{ NULL, "/a%4", "a%4" },
	{ NULL, "/a%zz", "a%zz" },
	{ NULL, "/a/b?c=/d.exe", "b" },
	{ NULL, "http://h/a", "a" },
	{ NULL, "http://h#f", "#f" },
	{ NULL, "http://h#f/x", "x" },
	{ NULL, "http://h?a/b", "" },
	{ NULL, "http://h//x", "x" },
	{ NULL, "http://u@h/x@y", "x@y" },
	{ NULL, "http:/x", "x" },
	{ NULL, "h", "" },
	{ NULL, "h/x", "x" },
	{ NULL, "/", "" },
	{ NULL, "//x", "x" },
	{ NULL, "?a/b", "" },
	{ "attachment", "http://h/x", "x" },
	{ "attachment; filename=", "http://h/x", "x" },
	{ "attachment; filename=\"\"", "http://h/x", "x" },
	{ "attachment; filename=\"b.zip\"", "http://h/x", "b.zip" },
	{ "attachment;filename=b.zip", "http://h/x", "b.zip" },
	{ "attachment; FileName = b.zip ; size=3", "http://h/x", "b.zip" },
	{ "attachment; filename=plain.txt; size=3", "http://h/x", "plain.txt" },
	{ "attachment; filename=\"a;b.txt\"", "http://h/x", "a;b.txt" },
	{ "attachment; filename=\"a\\\"b\"", "http://h/x", "a\"b" },
	{ "attachment; filename=\"open", "http://h/x", "open" },
	{ "attachment; filename=\"back\\", "http://h/x", "back\\" },
	{ "attachment; xfilename=a; filename=b", "http://h/x", "b" },
	{ "attachment; filenames=a; filename=b", "http://h/x", "b" },
	{ "attachment; x=\"; filename=no.txt\"; filename=yes.exe", "http://h/x", "yes.exe" },
	{ "attachment; x=\"\\\"; filename=no.txt\"; filename=yes.exe", "http://h/x", "yes.exe" },
	{ "attachment; filename=\"old\"; filename*=utf-8''n%C3%A4w", "http://h/x", "n\u00e4w" },
	{ "attachment; filename*=utf-8'en'n%C3%A4w; filename=old", "http://h/x", "n\u00e4w" },
	{ "attachment; filename*=utf-8''; filename=old", "http://h/x", "old" },
	{ "filename=a.exe", "http://h/x", "a.exe" },
	{ " FileName = \"a;b.exe\"; size=3", "http://h/x", "a;b.exe" },
	{ "filename*=utf-8''a%2eexe", "http://h/x", "a.exe" },
	{ "filename", "http://h/x", "x" },
	{ "attachment; filename*0=\"a\"; filename*1=\".exe\"", "http://h/x", "a.exe" },
	{ "attachment; filename*1=.exe; filename*0*=utf-8''%61; filename=old", "http://h/x",
	    "a.exe" },
	{ "attachment; filename*0=a; filename*2=c", "http://h/x", "a" },
	{ "attachment; filename*1=a; filename=old", "http://h/x", "old" },
	{ "attachment; filename*=utf-8''new; filename*0=section", "http://h/x", "new" },
	{ "attachment; filename*=no-quotes", "http://h/x", "no-quotes" },
};

static size_t
name_of(unsigned row, bool in_request, char *out, size_t room)
{
	struct http_head request = { .target = span_text(cases[row].target) }, response = { 0 };
	struct http_head *head = in_request ? &request : &response;

	if (cases[row].disposition != NULL) {
		head->field_count = 1;
		head->name_lengths = UINT32_MAX;
		head->fields[0].name = span_text("content-disposition");
		head->fields[0].value = span_text(cases[row].disposition);
	}
	return http_filename(&request, in_request ? NULL : &response, out, room);
}

TEST(file_names)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		const char *row =
		    cases[i].disposition != NULL ? cases[i].disposition : cases[i].target;
		char out[256];

		CHECK_ROW(row, span_is(span_of(out, name_of(i, false, out, 256)), cases[i].name));
		CHECK_ROW(row, span_is(span_of(out, name_of(i, true, out, 256)), cases[i].name));
	}
}

/* The start of the whole name, and nothing written behind it. */
static bool
is_cut_at(unsigned row, size_t room)
{
	struct span cut = span_first(span_text(cases[row].name), room);
	char out[256];

	memset(out, 0x5a, sizeof(out));
	return span_equal(span_of(out, name_of(row, false, out, room)), cut) && out[room] == 0x5a;
}

TEST(file_names_are_cut_to_the_room)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		for (size_t room = 1; room < strlen(cases[i].name); room++)
			CHECK_ROW(cases[i].name, is_cut_at(i, room));
	}
}

TEST(the_response_names_it_before_the_request)
{
	struct http_head request = { .target = span_text("/c"),
		.field_count = 1,
		.name_lengths = UINT32_MAX },
			 response = { .field_count = 1, .name_lengths = UINT32_MAX };
	char out[16];

	request.fields[0] =
	    (struct http_field){ span_text("Content-Disposition"), span_text("x; filename=b") };
	response.fields[0] =
	    (struct http_field){ span_text("Content-Disposition"), span_text("x; filename=a") };
	CHECK(span_is(span_of(out, http_filename(&request, &response, out, 16)), "a"));
	CHECK(span_is(span_of(out, http_filename(&request, NULL, out, 16)), "b"));
	CHECK(http_filename(NULL, NULL, out, 16) == 0);
}

/* As forms have them: what browsers send, and what is left of it without folders. */
TEST(file_names_of_parts)
{
	static const struct {
		const char *disposition, *type, *name;
	} rows[] = {
		{ "form-data; name=\"f\"; filename=\"a.exe\"", "", "a.exe" },
		{ "form-data; name=\"filename=\"; filename=\"a\"", "", "a" },
		{ "form-data; filename=\"C:\\dir\\a.exe\"", "", "a.exe" },
		{ "form-data; filename=\"/home/u/a.exe\"", "", "a.exe" },
		{ "form-data; filename=\"a%22b.exe\"", "", "a\"b.exe" },
		{ "form-data; filename=\"a%0D%0ab\"", "", "a\r\nb" },
		{ "form-data; filename=\"a%20b\"", "", "a%20b" },
		{ "form-data; filename=\"a\\\"b.exe\"", "", "a\"b.exe" },
		{ "form-data; filename=\"a\\\"", "", "" },
		{ "form-data; filename=\"a\\\"; x=y", "", "" },
		{ "form-data; filename=\"open", "", "open" },
		{ "form-data; filename=\"n\u00e4w\"", "", "n\u00e4w" },
		{ "form-data; filename=a.exe ; x", "", "a.exe" },
		{ "form-data; filename*=utf-8''n%C3%A4w; filename=old", "", "n\u00e4w" },
		{ "form-data; filename=\"\"", "x/y; name=b", "b" },
		{ "form-data; name=\"f\"", "x/y; name=\"b c\"", "b c" },
		{ "", "", "" },
		{ "form-data; filename=\"%", "", "%" },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		char out[64];
		size_t n = http_part_filename(
		    span_text(rows[i].disposition), span_text(rows[i].type), out, sizeof(out));

		CHECK_ROW(
		    rows[i].disposition, span_equal(span_of(out, n), span_text(rows[i].name)));
		CHECK_ROW(rows[i].disposition, http_part_filename(span_text(rows[i].disposition),
						   span_text(rows[i].type), out, 2) <= 2);
	}
}
