// movies.toml as read-only data, as model/builtin.S has the model.
        .section .rodata
        .global marquee_movies_schema
        .global marquee_movies_schema_end
marquee_movies_schema:
        .incbin "movies.toml"
marquee_movies_schema_end:
        .byte 0
        .section .note.GNU-stack, "", %progbits
