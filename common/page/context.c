/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A state a place, a function a state: it takes one byte. Anything doubtful is UNSAFE, so that a
 * template is refused rather than filled in wrongly.
 *
 *     state         meaning
 *     TEXT          between tags
 *     OPEN          after "<"
 *     DECLARATION   "<!…" or "<?…" to ">"
 *     COMMENT       to "-->"
 *     TAG_NAME
 *     IN_TAG        between attributes
 *     NAME          an attribute's name
 *     AFTER         behind it, where an "=" may still come
 *     EQUALS        after its "="
 *     DOUBLE, SINGLE, UNQUOTED    its value
 *     CONTENT       of script, style, title …, to "</" and that name
 */
#include "common/page/context.h"

enum state {
	TEXT,
	OPEN,
	DECLARATION,
	COMMENT,
	TAG_NAME,
	IN_TAG,
	NAME,
	AFTER,
	EQUALS,
	DOUBLE,
	SINGLE,
	UNQUOTED,
	CONTENT,
	STATE_COUNT
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static char
small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool
is_letter(char c)
{
	return small(c) >= 'a' && small(c) <= 'z';
}

static void
put_letter(char name[CONTEXT_NAME_MAX], unsigned *bytes, char c)
{
	if (*bytes < CONTEXT_NAME_MAX)
		name[(*bytes)++] = small(c);
}

static bool
is_one_of(const char *name, unsigned bytes, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (span_is(span_of(name, bytes), *words))
			return true;
	}
	return false;
}

/* Elements whose content is no markup; of the first two it is text all the same. */
static const char *const as_text[] = { "title", "textarea", NULL };
static const char *const as_raw[] = { "script", "style", "xmp", "iframe", "noembed", "noframes",
	"noscript", "plaintext", NULL };

static unsigned
end_tag(struct context *c)
{
	bool holds = !c->is_end_tag && (is_one_of(c->tag, c->tag_bytes, as_text) ||
					   is_one_of(c->tag, c->tag_bytes, as_raw));

	c->matched = 0;
	return holds ? CONTENT : TEXT;
}

static unsigned
on_text(struct context *c, char byte)
{
	(void)c;
	return byte == '<' ? OPEN : TEXT;
}

static unsigned
on_open(struct context *c, char byte)
{
	if (byte == '/') {
		c->is_end_tag = true;
		return OPEN;
	}
	if (byte == '!' || byte == '?') {
		c->matched = 0;
		return DECLARATION;
	}
	c->tag_bytes = 0;
	if (is_letter(byte)) {
		put_letter(c->tag, &c->tag_bytes, byte);
		return TAG_NAME;
	}
	c->is_end_tag = false;
	return on_text(c, byte);
}

static unsigned
on_declaration(struct context *c, char byte)
{
	if (byte == '-' && c->matched < 2 && ++c->matched == 2) {
		c->matched = 0;
		return COMMENT;
	}
	if (byte != '-')
		c->matched = 2; /* it is none that "--" could still make a comment */
	return byte == '>' ? TEXT : DECLARATION;
}

static unsigned
on_comment(struct context *c, char byte)
{
	if (byte == '>' && c->matched >= 2)
		return TEXT;
	c->matched = byte == '-' ? c->matched + 1 : 0;
	return COMMENT;
}

static unsigned
on_in_tag(struct context *c, char byte)
{
	if (byte == '>')
		return end_tag(c);
	if (is_blank(byte) || byte == '/')
		return IN_TAG;
	c->attribute_bytes = 0;
	put_letter(c->attribute, &c->attribute_bytes, byte);
	return NAME;
}

static unsigned
on_tag_name(struct context *c, char byte)
{
	if (byte == '>' || byte == '/' || is_blank(byte))
		return on_in_tag(c, byte);
	put_letter(c->tag, &c->tag_bytes, byte);
	return TAG_NAME;
}

static unsigned
on_name(struct context *c, char byte)
{
	if (byte == '=')
		return EQUALS;
	if (is_blank(byte))
		return AFTER;
	if (byte == '>' || byte == '/')
		return on_in_tag(c, byte);
	put_letter(c->attribute, &c->attribute_bytes, byte);
	return NAME;
}

static unsigned
on_after(struct context *c, char byte)
{
	if (byte == '=')
		return EQUALS;
	return is_blank(byte) ? AFTER : on_in_tag(c, byte);
}

static unsigned
on_equals(struct context *c, char byte)
{
	if (is_blank(byte))
		return EQUALS;
	if (byte == '"')
		return DOUBLE;
	if (byte == '\'')
		return SINGLE;
	return byte == '>' ? end_tag(c) : UNQUOTED;
}

static unsigned
on_double(struct context *c, char byte)
{
	(void)c;
	return byte == '"' ? IN_TAG : DOUBLE;
}

static unsigned
on_single(struct context *c, char byte)
{
	(void)c;
	return byte == '\'' ? IN_TAG : SINGLE;
}

static unsigned
on_unquoted(struct context *c, char byte)
{
	if (is_blank(byte))
		return IN_TAG;
	return byte == '>' ? end_tag(c) : UNQUOTED;
}

/* Looks for "</", the element's name, and what ends a name. */
static unsigned
on_content(struct context *c, char byte)
{
	static const char start[] = "</";

	if (c->matched == 2 + c->tag_bytes) {
		if (is_blank(byte) || byte == '/' || byte == '>') {
			c->is_end_tag = true;
			return on_in_tag(c, byte);
		}
	} else if (small(byte) == (c->matched < 2 ? start[c->matched] : c->tag[c->matched - 2])) {
		c->matched++;
		return CONTENT;
	}
	c->matched = byte == '<';
	return CONTENT;
}

void
context_feed(struct context *c, struct span text)
{
	static unsigned (*const on[STATE_COUNT])(struct context *, char) = { [TEXT] = on_text,
		[OPEN] = on_open,
		[DECLARATION] = on_declaration,
		[COMMENT] = on_comment,
		[TAG_NAME] = on_tag_name,
		[IN_TAG] = on_in_tag,
		[NAME] = on_name,
		[AFTER] = on_after,
		[EQUALS] = on_equals,
		[DOUBLE] = on_double,
		[SINGLE] = on_single,
		[UNQUOTED] = on_unquoted,
		[CONTENT] = on_content };

	for (size_t i = 0; i < text.bytes; i++) {
		c->state = on[c->state](c, (char)text.data[i]);
		if (c->state == TEXT)
			c->is_end_tag = false;
	}
}

static enum context_place
place_of_attribute(const struct context *c)
{
	static const char *const never[] = { "style", "srcdoc", NULL };
	static const char *const urls[] = { "href", "src", "action", "formaction", "data", "poster",
		"cite", "background", "content", "srcset", "imagesrcset", "ping", "xlink:href",
		"manifest", NULL };
	bool is_event = c->attribute_bytes > 1 && c->attribute[0] == 'o' && c->attribute[1] == 'n';

	if (is_event || c->attribute_bytes == CONTEXT_NAME_MAX ||
	    is_one_of(c->attribute, c->attribute_bytes, never))
		return CONTEXT_UNSAFE;
	return is_one_of(c->attribute, c->attribute_bytes, urls) ? CONTEXT_URL : CONTEXT_ATTRIBUTE;
}

enum context_place
context_place(const struct context *c)
{
	switch (c->state) {
	case TEXT:
		return CONTEXT_TEXT;
	case DOUBLE:
	case SINGLE:
		return place_of_attribute(c);
	case CONTENT:
		return c->matched == 0 && is_one_of(c->tag, c->tag_bytes, as_text) ? CONTEXT_TEXT
										   : CONTEXT_UNSAFE;
	default:
		return CONTEXT_UNSAFE;
	}
}
