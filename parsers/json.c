/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/json.h"

#include <endian.h>

#include "base/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/*
 * Recursive descent, one function a rule of RFC 8259, at most JSON_NESTING_MAX deep.
 *
 * A member's name is joined in the arena once its value shows what it is for: "prefix.key" for leaves and arrays,
 * "prefix.key." for an object, where it is the prefix of everything inside. Names at the top are slices of the input.
 * A string is scanned once for its end, and only one that holds a backslash is looked at again.
 */

/* What the values of a member or of an array are called. Where there was no room for it, p is NULL. */
struct name {
    struct slice text;
    uint32_t hash;
};

/* What the names of an object's members begin with: "" or "a.b.". */
struct group {
    struct slice text;
    uint32_t hash;
};

/*
 * What all functions share. The cursor is not in it: each takes where it begins and returns where it ended, NULL after
 * fail(), so that it stays in a register: an eighth of the time.
 */
struct reader {
    const char *end;
    struct fields *out;
    char *unescaped; /* where the next unescaped text goes; NULL before the first */
    enum json_outcome outcome;
    const char *stopped;
};

enum { SLACK = 16 };

static const char *read_value(struct reader *rd, const char *p, const struct name *name, unsigned depth);

static const char *
fail(struct reader *rd, const char *p, enum json_outcome outcome)
{
    rd->outcome = outcome;
    rd->stopped = p;
    return NULL;
}

/* ws = *( %x20 / %x09 / %x0A / %x0D ), RFC 8259 section 2. */
static inline const char *
skip_blanks(const struct reader *rd, const char *p)
{
    while (p < rd->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

static inline bool
at(const struct reader *rd, const char *p, char c)
{
    return p < rd->end && *p == c;
}

/*
 * Which of the STEP bytes at @p are quotation marks or backslashes: STEP_BITS bits a byte, exact up to the first one.
 * SSE2 is part of every x86-64; elsewhere eight bytes go through one register. Longer steps would have to be chosen at
 * run time, for names and values that are mostly shorter than one.
 */
#if defined(__SSE2__)
enum { STEP = 16, STEP_BITS = 1 };

static inline uint64_t
specials(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)p);

    return (unsigned)_mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
}
#else
enum { STEP = 8, STEP_BITS = 8 };

static inline uint64_t
bytes_equal(uint64_t word, char c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x = word ^ ones * (unsigned char)c;

    return (x - ones) & ~x & ones << 7;
}

static inline uint64_t
specials(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    word = le64toh(word);
    return bytes_equal(word, '"') | bytes_equal(word, '\\');
}
#endif

/* Where the first quotation mark or backslash of p..end is; @end where there is none. */
static inline const char *
find_special(const char *p, const char *end)
{
    for (; end - p >= STEP; p += STEP) {
        uint64_t found = specials(p);

        if (found != 0)
            return p + __builtin_ctzll(found) / STEP_BITS;
    }
    while (p < end && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* As find_special(), and copies what it passes to *@to, which it moves on; writes up to STEP bytes more than it passes.
 */
static inline const char *
copy_to_special(const char *p, const char *end, char **to)
{
    for (; end - p >= STEP; p += STEP, *to += STEP) {
        uint64_t found = specials(p);

        memcpy(*to, p, STEP);
        if (found != 0) {
            *to += __builtin_ctzll(found) / STEP_BITS;
            return p + __builtin_ctzll(found) / STEP_BITS;
        }
    }
    while (p < end && *p != '"' && *p != '\\')
        *(*to)++ = *p++;
    return p;
}

/* memcpy() for names, which are short: both sides have SLACK bytes to spare behind @n. */
static inline void
copy_short(char *to, const char *from, size_t n)
{
    size_t i;

    for (i = 0; i < n; i += SLACK)
        memcpy(to + i, from + i, SLACK);
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 4HEXDIG at @p, which has four bytes. */
static bool
read_hex(const char *p, uint32_t *c)
{
    uint32_t v = 0;
    int i;

    for (i = 0; i < 4; i++) {
        int digit = hex_value(p[i]);

        if (digit < 0)
            return false;
        v = v << 4 | (uint32_t)digit;
    }
    *c = v;
    return true;
}

/*
 * %x75 4HEXDIG, and the second half where a pair of surrogates follows; *@p is behind the u. A lone surrogate is no
 * character, so utf8_encode() makes it U+FFFD.
 */
static bool
unescape_unicode(const char **p, const char *end, char **to)
{
    uint32_t c;
    uint32_t low;

    if (end - *p < 4 || !read_hex(*p, &c))
        return false;
    *p += 4;
    if (c >= 0xd800 && c <= 0xdbff && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' && read_hex(*p + 2, &low) &&
        low >= 0xdc00 && low <= 0xdfff) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        *p += 6;
    }
    *to += utf8_encode(c, *to);
    return true;
}

/* escape %x22 / %x5C / %x2F / %x62 / %x66 / %x6E / %x72 / %x74, RFC 8259 section 7. */
static const char short_escapes[256] = {
    // clang-format off
    ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
    // clang-format on
};

/* One escape, whose backslash is at *@p. */
static bool
unescape(const char **p, const char *end, char **to)
{
    char c = end - *p < 2 ? '\0' : (*p)[1];

    *p += 1 + (c != '\0');
    if (short_escapes[(unsigned char)c] == '\0')
        return c == 'u' && unescape_unicode(p, end, to);
    *(*to)++ = short_escapes[(unsigned char)c];
    return true;
}

/*
 * Where unescaped text goes: one piece of the arena for the whole event, taken at the first escape. No escape is
 * shorter than what it stands for, so what is left of the event is room enough.
 */
static char *
unescaped_room(struct reader *rd, const char *p)
{
    if (rd->unescaped == NULL)
        rd->unescaped = arena_text(rd->out->arena, (size_t)(rd->end - p) + SLACK);
    return rd->unescaped;
}

/* As read_escaped(), for when there is no room for the text. */
static const char *
skip_escaped(struct reader *rd, const char *p, struct slice *s)
{
    while (at(rd, p, '\\'))
        p = rd->end - p < 2 ? rd->end : find_special(p + 2, rd->end);
    *s = (struct slice){NULL, 0};
    return p < rd->end ? p + 1 : fail(rd, p, JSON_E_SYNTAX);
}

/* A string from @start whose first backslash is at @p; where there is no room its text is {NULL, 0}. */
static const char *
read_escaped(struct reader *rd, const char *start, const char *p, struct slice *s)
{
    char *room = unescaped_room(rd, start);
    char *to = room;

    if (room == NULL)
        return skip_escaped(rd, p, s);
    memcpy(to, start, (size_t)(p - start));
    to += p - start;
    while (at(rd, p, '\\')) {
        if (!unescape(&p, rd->end, &to))
            return fail(rd, p, JSON_E_SYNTAX);
        p = copy_to_special(p, rd->end, &to);
    }
    rd->unescaped = to;
    *s = slice_of(room, (size_t)(to - room));
    return p < rd->end ? p + 1 : fail(rd, p, JSON_E_SYNTAX);
}

/* string = quotation-mark *char quotation-mark, RFC 8259 section 7; control characters are let through. */
static inline const char *
read_string(struct reader *rd, const char *p, struct slice *s)
{
    const char *start = p + 1;

    p = find_special(start, rd->end);
    if (p == rd->end)
        return fail(rd, p, JSON_E_SYNTAX);
    if (*p == '\\')
        return read_escaped(rd, start, p, s);
    *s = slice_of(start, (size_t)(p - start));
    return p + 1;
}

/* 1*DIGIT. Return: the first byte that is none, NULL where there is no digit. */
static inline const char *
skip_digits(struct reader *rd, const char *p)
{
    const char *start = p;

    while (p < rd->end && (unsigned)(*p - '0') < 10)
        p++;
    return p > start ? p : fail(rd, p, JSON_E_SYNTAX);
}

/* number = [ minus ] int [ frac ] [ exp ]; int = zero / ( digit1-9 *DIGIT ), RFC 8259 section 6. */
static const char *
read_number(struct reader *rd, const char *p, struct slice *s)
{
    const char *start = p;

    p += at(rd, p, '-');
    p = at(rd, p, '0') ? p + 1 : skip_digits(rd, p);
    if (p != NULL && at(rd, p, '.'))
        p = skip_digits(rd, p + 1);
    if (p != NULL && (at(rd, p, 'e') || at(rd, p, 'E'))) {
        p++;
        p += at(rd, p, '+') || at(rd, p, '-');
        p = skip_digits(rd, p);
    }
    if (p != NULL)
        *s = slice_of(start, (size_t)(p - start));
    return p;
}

static const char *
read_word(struct reader *rd, const char *p, struct slice word, struct slice *s)
{
    *s = slice_of(p, word.n);
    if ((size_t)(rd->end - p) < word.n || memcmp(p, word.p, word.n) != 0)
        return fail(rd, p, JSON_E_SYNTAX);
    return p + word.n;
}

/*
 * "group key", and a dot behind where @dot. Both stand before @p or have SLACK bytes behind them. Where a name is too
 * long, or the list or the arena is full, it is {NULL, 0}.
 */
static inline struct slice
join(struct reader *rd, const char *p, struct slice group, struct slice key, bool dot)
{
    size_t n = group.n + key.n + dot;
    char *to;

    if (group.p == NULL || key.p == NULL || n > JSON_NAME_MAX || rd->out->n >= rd->out->n_max)
        return (struct slice){NULL, 0};
    to = arena_text(rd->out->arena, n + SLACK);
    if (to == NULL)
        return (struct slice){NULL, 0};
    if (LIKELY(rd->end - p >= SLACK)) {
        copy_short(to, group.p, group.n);
        copy_short(to + group.n, key.p, key.n);
    } else {
        memcpy(to, group.p, group.n);
        memcpy(to + group.n, key.p, key.n);
    }
    if (dot)
        to[n - 1] = '.';
    return slice_of(to, n);
}

static inline struct group
group_of(struct slice text)
{
    return (struct group){text, text.p == NULL ? 0 : field_group_hash(text)};
}

static inline struct name
name_in(struct reader *rd, const char *p, const struct group *group, struct slice key)
{
    struct slice text = group->text.n == 0 && group->text.p != NULL ? key : join(rd, p, group->text, key, false);

    return (struct name){text, text.p == NULL ? 0 : field_hash_joined(text, group->hash, key)};
}

static inline void
add(struct reader *rd, const struct name *name, struct slice value, enum value_type type)
{
    if (UNLIKELY(name->text.p == NULL || value.p == NULL))
        rd->out->n_dropped++;
    else
        fields_add_hashed(rd->out, name->text, name->hash, value, type);
}

/* What follows a member or element: @closer, or a comma and the next one, where *@more says so. */
static inline const char *
read_separator(struct reader *rd, const char *p, char closer, bool *more)
{
    p = skip_blanks(rd, p);
    *more = at(rd, p, ',');
    if (*more)
        return skip_blanks(rd, p + 1);
    return at(rd, p, closer) ? p + 1 : fail(rd, p, JSON_E_SYNTAX);
}

static const char *read_object(struct reader *rd, const char *p, const struct group *group, unsigned depth);

/* member = string name-separator value, RFC 8259 section 4. */
static inline const char *
read_member(struct reader *rd, const char *p, const struct group *group, unsigned depth)
{
    struct slice key;
    struct name name;

    p = at(rd, p, '"') ? read_string(rd, p, &key) : fail(rd, p, JSON_E_SYNTAX);
    if (p == NULL)
        return NULL;
    p = skip_blanks(rd, p);
    if (!at(rd, p, ':'))
        return fail(rd, p, JSON_E_SYNTAX);
    p = skip_blanks(rd, p + 1);
    if (at(rd, p, '{')) {
        struct group inner = group_of(join(rd, p, group->text, key, true));

        return read_object(rd, p, &inner, depth + 1);
    }
    name = name_in(rd, p, group, key);
    return read_value(rd, p, &name, depth);
}

/* object = begin-object [ member *( value-separator member ) ] end-object, RFC 8259 section 4. */
static const char *
read_object(struct reader *rd, const char *p, const struct group *group, unsigned depth)
{
    bool more = true;

    if (depth > JSON_NESTING_MAX)
        return fail(rd, p, JSON_E_DEPTH);
    p = skip_blanks(rd, p + 1);
    if (at(rd, p, '}'))
        return p + 1;
    while (more) {
        p = read_member(rd, p, group, depth);
        if (p == NULL)
            return NULL;
        p = read_separator(rd, p, '}', &more);
    }
    return p;
}

/* array = begin-array [ value *( value-separator value ) ] end-array, RFC 8259 section 5. */
static const char *
read_array(struct reader *rd, const char *p, const struct name *name, unsigned depth)
{
    bool more = true;

    if (depth > JSON_NESTING_MAX)
        return fail(rd, p, JSON_E_DEPTH);
    p = skip_blanks(rd, p + 1);
    if (at(rd, p, ']'))
        return p + 1;
    while (more) {
        p = read_value(rd, p, name, depth);
        if (p == NULL)
            return NULL;
        p = read_separator(rd, p, ']', &more);
    }
    return p;
}

static const char *
read_object_in_array(struct reader *rd, const char *p, const struct name *name, unsigned depth)
{
    struct group group = group_of(join(rd, p, SLICE(""), name->text, true));

    return read_object(rd, p, &group, depth);
}

/* value = false / null / true / object / array / number / string, RFC 8259 section 3. */
static const char *
read_value(struct reader *rd, const char *p, const struct name *name, unsigned depth)
{
    enum value_type type = VALUE_TEXT;
    struct slice value;

    switch (p < rd->end ? *p : '\0') {
    case '"':
        p = read_string(rd, p, &value);
        break;
    case '{':
        return read_object_in_array(rd, p, name, depth + 1);
    case '[':
        return read_array(rd, p, name, depth + 1);
    case 't':
        type = VALUE_BOOL;
        p = read_word(rd, p, SLICE("true"), &value);
        break;
    case 'f':
        type = VALUE_BOOL;
        p = read_word(rd, p, SLICE("false"), &value);
        break;
    case 'n':
        type = VALUE_NULL;
        p = read_word(rd, p, SLICE("null"), &value);
        value.n = 0;
        break;
    default:
        type = VALUE_NUMBER;
        p = read_number(rd, p, &value);
        break;
    }
    if (p != NULL)
        add(rd, name, value, type);
    return p;
}

/* JSON-text = ws value ws, RFC 8259 section 2. What is no object is read too, to tell it from what is no JSON. */
int
json_flatten(struct slice text, struct fields *out, struct json_problem *problem)
{
    struct fields nothing = {.arena = out->arena};
    struct reader rd = {.end = slice_from(text, text.n).p, .out = out};
    const struct group top = group_of(SLICE(""));
    const struct name nameless = {{NULL, 0}, 0};
    const char *p = skip_blanks(&rd, text.p);

    if (at(&rd, p, '{')) {
        p = read_object(&rd, p, &top, 1);
    } else {
        rd.out = &nothing;
        rd.outcome = JSON_E_NOT_OBJECT;
        rd.stopped = p;
        p = read_value(&rd, p, &nameless, 0);
    }
    if (p != NULL) {
        p = skip_blanks(&rd, p);
        if (p < rd.end)
            (void)fail(&rd, p, JSON_E_SYNTAX);
    }
    if (rd.outcome != 0 && problem != NULL)
        problem->offset = (size_t)(rd.stopped - text.p);
    return (int)rd.outcome;
}
