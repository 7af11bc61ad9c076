"""Documents that must pass unharmed, and documents that must be coded: name → (bytes[, code name])."""

DEEP = 500    # legal nesting
ABYSS = 5000  # nobody's

UNHARMED = {
    "key_with_nul_and_emoji": '{"a\\u0000b":1,"\U0001F600":{"\\ud83d\\ude00x":2}}'.encode(),
    "number_of_300_digits": b'{"n":' + b"1234567890" * 30 + b"}",
    "number_beyond_double": b"[1e400,-1e-400,18446744073709551616]",
    "bare_text": b'"alone"',
    "bare_number": b"-0.0",
    "bare_null": b"null",
    "bare_true": b"true",
    "escaped_keys": b'{"\\u0061\\"\\\\\\/":1,"~1/":2,"":3}',
    "deep_objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep_arrays": b"[" * DEEP + b"]" * DEEP,
    "white_space_around": b" \t\r\n{ \"a\" : [ ] } \n",
    "many_members": b"{" + b",".join(b'"k%d":%d' % (n, n) for n in range(20_000)) + b"}",
    "long_text": b'"' + b"x" * 900_000 + b'"',
    "quotes_at_block_ends": b'["' + b'\\"' * 200 + b'"]',
}

CODED = {
    "truncated_object": (b'{"a":1,"b":[1,2', "RECORD_TRUNCATED"),
    "truncated_text": (b'{"a":"abc', "RECORD_TRUNCATED"),
    "truncated_literal": (b'{"a":tru', "RECORD_TRUNCATED"),
    "binary_cbor": (bytes.fromhex("a26161016162820203"), "JSON_MALFORMED"),
    "binary_avro": (bytes.fromhex("0006666f6f02"), None),
    "binary_zeroes": (bytes(64), None),
    "gzip": (bytes.fromhex("1f8b0800000000000003"), None),
    "invalid_utf8": (b'{"a":"caf\xe9"}', "ENCODING_INVALID"),
    "overlong_utf8": (b'{"a":"\xc0\xaf"}', "ENCODING_INVALID"),
    "utf8_surrogate": (b'{"a":"\xed\xa0\x80"}', "ENCODING_INVALID"),
    "lone_surrogate": (b'{"a":"\\ud800"}', "ENCODING_INVALID"),
    "lone_low_surrogate": (b'{"a":"\\udc00x"}', "ENCODING_INVALID"),
    "byte_order_mark": (b'\xef\xbb\xbf{"a":1}', "ENCODING_INVALID"),
    "utf16": ('{"a":1}'.encode("utf-16"), "ENCODING_INVALID"),
    "nan": (b'{"a":NaN}', "JSON_MALFORMED"),
    "infinity": (b'{"a":-Infinity}', "JSON_MALFORMED"),
    "abyss_of_arrays": (b"[" * ABYSS + b"]" * ABYSS, "JSON_MALFORMED"),
    "abyss_of_objects": (b'{"a":' * ABYSS + b"1" + b"}" * ABYSS, "JSON_MALFORMED"),
    "no_bytes": (b"", "JSON_MALFORMED"),
    "white_space_only": (b" \n\t ", "JSON_MALFORMED"),
    "second_document": (b'{"a":1}{"a":2}', "JSON_MALFORMED"),
    "second_document_behind_line": (b'{"a":1}\n{"a":2}', "JSON_MALFORMED"),
    "raw_control_character": (b'{"a":"x\x01y"}', "UNPRINTABLE_CHARS"),
    "leading_zero": (b'{"a":01}', "JSON_MALFORMED"),
    "single_quotes": (b"{'a':1}", "JSON_MALFORMED"),
    "trailing_comma": (b'{"a":[1,2,]}', "JSON_MALFORMED"),
    "junk_in_untouched_member": (b'{"a":1,"junk":tru}', "JSON_MALFORMED"),
    "comment": (b'{"a":1 /* why */}', "JSON_MALFORMED"),
}
