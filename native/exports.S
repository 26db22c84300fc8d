# The exports of one stand-in library, one `export NAME` for each line of its list (EXPORTS).
#
# Every export jumps through its slot. A slot first holds the export's own starter, which asks
# standin_find() for a function: once there is one the slot holds that, so that a call costs a jump;
# while there is none the call is refused with the library's code for "not supported" (REFUSAL).

        .macro  export name
        .pushsection .rodata.names, "aMS", @progbits, 1
.Lname\name:
        .asciz  "\name"
        .popsection
        .pushsection .data.rel.ro.names, "aw", @progbits
        .quad   .Lname\name
        .popsection
        .pushsection .data.slots, "aw", @progbits
.Lslot\name:
        .quad   .Lstart\name
        .popsection
        .globl  \name
        .type   \name, @function
\name:
        endbr64
        jmp     *.Lslot\name(%rip)
        .size   \name, .-\name
.Lstart\name:
        movl    $index, %r11d
        jmp     start
        .set    index, index + 1
        .endm

        .section .data.rel.ro.names, "aw", @progbits
        .balign 8
        .globl  standin_names
        .hidden standin_names
standin_names:
        .section .data.slots, "aw", @progbits
        .balign 8
        .globl  standin_slots
        .hidden standin_slots
standin_slots:

        .text
        .set    index, 0
#include EXPORTS

        .section .rodata
        .balign 4
        .globl  standin_count
        .hidden standin_count
standin_count:
        .long   index

# The first call of an export, its number in r11: all registers that carry arguments outlive the
# question which function it is; arguments on the stack stay where they are.
        .text
start:
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %r8
        push    %r9
        sub     $136, %rsp              # 8 vectors, and 16-byte alignment for the call
        movaps  %xmm0, (%rsp)
        movaps  %xmm1, 16(%rsp)
        movaps  %xmm2, 32(%rsp)
        movaps  %xmm3, 48(%rsp)
        movaps  %xmm4, 64(%rsp)
        movaps  %xmm5, 80(%rsp)
        movaps  %xmm6, 96(%rsp)
        movaps  %xmm7, 112(%rsp)
        movl    %r11d, %edi
        call    standin_find
        movaps  (%rsp), %xmm0
        movaps  16(%rsp), %xmm1
        movaps  32(%rsp), %xmm2
        movaps  48(%rsp), %xmm3
        movaps  64(%rsp), %xmm4
        movaps  80(%rsp), %xmm5
        movaps  96(%rsp), %xmm6
        movaps  112(%rsp), %xmm7
        add     $136, %rsp
        pop     %r9
        pop     %r8
        pop     %rcx
        pop     %rdx
        pop     %rsi
        pop     %rdi
        test    %rax, %rax
        jz      refuse
        jmp     *%rax
refuse:
        movl    $REFUSAL, %eax
        ret

        .section .note.GNU-stack, "", @progbits
