// The shipped model as read-only data: an assembler's .incbin needs no generated source of megabytes.
        .section .rodata
        .balign 64
        .global marquee_builtin_model
        .global marquee_builtin_model_end
marquee_builtin_model:
        .incbin "artifacts/movies.model"
marquee_builtin_model_end:
        .byte 0
        .section .note.GNU-stack, "", %progbits
