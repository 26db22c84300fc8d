package dev.lockstep.simulator;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceFault.AsyncCopyNotWaited;
import dev.lockstep.device.DeviceFault.SharedMemoryRace;
import dev.lockstep.device.DeviceFault.UninitializedRead;
import java.util.List;
import java.util.stream.Stream;

/**
 * A mistake in a few lines of PTX. {@link SanitizerTests} says what the registers and arrays hold.
 *
 * @param line the line of the code, from 1, where the fault is
 * @param says what the report says
 */
record SanitizerMistake(
    int threads, Class<? extends DeviceFault> fault, int line, String says, String code) {
  private static final List<SanitizerMistake> UNINITIALIZED =
      List.of(
          uninitialized(
              32,
              1,
              "of local memory; nobody has written there; thread (9,0,0) stores it at PTX line",
              "setp.lt.u32 %p1, %t, 9; @%p1 st.local.u32 [l], 5; setp.lt.u32 %p2, %t, 10;"
                  + " ld.local.u32 %r3, [l];\nselp.b32 %r4, %r3, 7, %p2; st.global.u32 [%mine],"
                  + " %r4;"),
          uninitialized(
              32,
              1,
              "a thread reads 4 bytes at shared address 0x0 (offset 0 of s); nobody has written"
                  + " there",
              "ld.shared.u32 %r3, [%r1];\nst.global.u32 [%mine], %r3;"),
          uninitialized(
              4,
              2,
              "bytes 8 to 15 of it were never written",
              "mad.lo.s32 %r3, %t, 12, %r1; st.shared.v2.u32 [%r3], {%t,%t};\n"
                  + "ld.shared.v4.u32 {%r4,%r5,%r6,%r7}, [%r3];\nst.global.u32 [%mine], %r6;"),
          uninitialized(
              32,
              2,
              "byte 1 of it was never written",
              "st.shared.u8 [%r1+2], %t; st.shared.u8 [%r1], %t;\nld.shared.u32 %r3, [%r1];\n"
                  + "st.global.u32 [%mine], %r3;"),
          uninitialized(
              32,
              1,
              "a thread updates 4 bytes at shared address 0x0 (offset 0 of s)",
              "atom.shared.add.u32 %r3, [%r1], 1;"),
          uninitialized(
              1,
              2,
              "(offset 8 of s); nobody",
              "mov.u64 %rd1, s; cvta.shared.u64 %rd1, %rd1;\nld.u32 %r3, [%rd1+8];\n"
                  + "st.global.u32 [%mine], %r3;"),
          uninitialized(
              32,
              2,
              "thread (8,0,0)",
              "setp.lt.u32 %p1, %t, 8; @%p1 st.shared.u32 [%r1], %t;\nld.shared.u32 %r3, [%r1];\n"
                  + "st.global.u32 [%mine], %r3;"),
          uninitialized(
              32,
              3,
              "reads 16 bytes at shared address 0x80",
              "st.shared.u32 [%r1], %t; bar.warp.sync -1;\n"
                  + "mov.u32 %r3, s; mad.lo.s32 %r3, %t, 16, %r3;\n"
                  + "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r4,%r5,%r6,%r7}, [%r3];\n"
                  + "st.global.u32 [%mine], %r5;"),
          // Each lane at an address of its own, of which one was never written.
          uninitialized(
              32,
              1,
              "of local memory; nobody has written there; thread (9,0,0) stores it at PTX line",
              "and.b32 %r3, %t, 3; shl.b32 %r3, %r3, 2; mov.u32 %r4, l; add.u32 %r4, %r4, %r3;"
                  + " setp.ne.u32 %p1, %t, 9; @%p1 st.local.u32 [%r4], 5;"
                  + " ld.local.u32 %r5, [%r4];\nst.global.u32 [%mine], %r5;"),
          // Only some lanes pass by, in code that others pass over.
          uninitialized(
              32,
              1,
              "of local memory; nobody has written there; thread (9,0,0) stores what comes of it",
              "setp.ne.u32 %p1, %t, 9; mov.u32 %r5, 7; @%p1 st.local.u32 [l], 5;"
                  + " setp.lt.u32 %p2, %t, 8; @%p2 bra OVER; ld.local.u32 %r5, [l];"
                  + " add.u32 %r5, %r5, 1; OVER:\nst.global.u32 [%mine], %r5;"),
          uninitialized(
              32,
              1,
              "offset 8 of local memory; nobody has written there",
              "ld.local.u32 %r3, [l+8];\nst.global.u32 [%mine], %r3;"),
          uninitialized(
              32,
              2,
              "of local memory; bytes 4 to 7 of it were never written",
              "st.local.u32 [l], %t;\n"
                  + "ld.local.u64 %rd1, [l];\n"
                  + "shr.u64 %rd1, %rd1, 8; cvt.u32.u64 %r3, %rd1; st.global.u32 [%mine], %r3;"),
          uninitialized(
              32,
              1,
              "stores what comes of it",
              "ld.shared.u32 %r3, [%r1];\nshl.b32 %r3, %r3, 1; st.global.u32 [%mine], %r3;"),
          uninitialized(
              32,
              1,
              "register %r9, which the thread has never set",
              "shl.b32 %r3, %r9, 1; st.global.u32 [%mine], %r3;"),
          uninitialized(
              32,
              2,
              "register %r8, made from %r9, which the thread has never set",
              "mov.u32 %r8, %r9;\nadd.s32 %r7, %r8, 1;"),
          uninitialized(
              32,
              3,
              "register %r7, made from %r9, which the thread has never set",
              "setp.lt.u32 %p1, %t, 31; @%p1 mov.u32 %r9, 1;\nadd.s32 %r7, %r9, 1;\n"
                  + "st.global.u32 [%mine], %r7;"),
          uninitialized(
              32, 1, "register %p9, which the thread has never set", "@%p9 mov.u32 %r9, 1;"),
          uninitialized(
              32,
              3,
              "register %r6, made from %r9, which the thread has never set at k block (0,0,0)"
                  + " thread (16,0,0)",
              "setp.lt.u32 %p1, %t, 16; @%p1 bra LOW; shfl.sync.bfly.b32 %r6, %t, 16, 31, -1; bra"
                  + " END;\nLOW: shfl.sync.bfly.b32 %r6, %r9, 16, 31, -1;\n"
                  + "END: @!%p1 st.global.u32 [%mine], %r6;"));

  private static final List<SanitizerMistake> RACES =
      List.of(
          race(
              64,
              2,
              "which thread (31,0,0) wrote at PTX line",
              "st.shared.u32 [%r1], %t; xor.b32 %r3, %t, 63; mov.u32 %r4, s; mad.lo.s32 %r4, %r3,"
                  + " 4, %r4; setp.ge.u32 %p1, %t, 32;\n"
                  + "@%p1 ld.shared.u32 %r5, [%r4];"),
          race(
              32,
              2,
              "a thread reads 4 bytes at shared address 0x4 (offset 4 of s), which thread (1,0,0)"
                  + " wrote at PTX line",
              "st.shared.u32 [%r1], %t; setp.lt.u32 %p1, %t, 31;\n"
                  + "@%p1 ld.shared.u32 %r5, [%r1+4];"),
          race(
              32,
              2,
              "a thread writes 4 bytes at shared address 0x4 (offset 4 of s), which thread (0,0,0)"
                  + " read at PTX line",
              "st.shared.u32 [%r1], %t; bar.sync 0; setp.lt.u32 %p1, %t, 31; @%p1 ld.shared.u32"
                  + " %r5, [%r1+4];\n"
                  + "st.shared.u32 [%r1], %t;"),
          // Lanes exchange neighbours, of which they alone have read the first, not the second.
          race(
              32,
              3,
              "a thread writes 4 bytes at shared address 0x4 (offset 4 of s), which thread (1,0,0)"
                  + " read at PTX line",
              "st.shared.u32 [%r1], %t; st.shared.u32 [%r1+128], %t; bar.sync 0;\n"
                  + "mov.u32 %r3, s; mad.lo.s32 %r3, %t, 4, %r3; ld.shared.u32 %r4, [%r3];"
                  + " ld.shared.u32 %r5, [%r3+4]; setp.eq.u32 %p1, %t, 0;\n"
                  + "@%p1 st.shared.u32 [%r3+4], %r4;"),
          race(32, 1, "which thread (0,0,0) wrote at PTX line", "st.shared.u32 [s], %t;"),
          race(
              64,
              2,
              "which thread (31,0,0) wrote at PTX line",
              "setp.lt.u32 %p1, %t, 32; @%p1 st.shared.u32 [s], 7;\n@!%p1 st.shared.u32 [s], 8;"),
          race(
              64,
              1,
              "a thread updates 4 bytes at shared address 0x0 (offset 0 of s), which thread"
                  + " (63,0,0) read at PTX line",
              "setp.eq.u32 %p1, %t, 0; @%p1 st.shared.u32 [s], 0; bar.sync 0; "
                  + "setp.lt.u32 %p2, %t,"
                  + " 32; @%p2 red.shared.add.u32 [s], 1;\n"
                  + "@!%p2 ld.shared.u32 %r3, [s];"),
          race(
              64,
              4,
              "which thread (0,0,0) wrote at PTX line",
              "setp.ge.u32 %p1, %t, 32; @%p1 bra TAKE;\n"
                  + "bar.arrive 3, 64; st.shared.u32 [%r1], %t; bra DONE;\n"
                  + "TAKE: bar.sync 3, 64;\n"
                  + "ld.shared.u32 %r3, [%r1+-128];\n"
                  + "DONE: ret;"),
          race(
              96,
              2,
              "which thread (0,0,0) wrote at PTX line",
              "st.shared.u32 [%r1], %t; setp.lt.u32 %p1, %t, 32; @%p1 exit; bar.sync 1, 64;\n"
                  + "ld.shared.u32 %r3, [s];"),
          race(
              32,
              2,
              "a thread reads 4 bytes at shared address 0x40 (offset 64 of s), which thread"
                  + " (16,0,0) wrote",
              "st.shared.u32 [%r1], %t; and.b32 %r3, %t, 15; mov.u32 %r4, 0xffff; "
                  + "setp.ge.u32 %p1,"
                  + " %t, 16; @%p1 mov.u32 %r4, 0xffff0000; bar.warp.sync %r4; xor.b32 %r3, %t, 16;"
                  + " mov.u32 %r5, s; mad.lo.s32 %r5, %r3, 4, %r5;\n"
                  + "ld.shared.u32 %r6, [%r5];"),
          race(
              96,
              3,
              "which thread (31,0,0) wrote",
              "setp.lt.u32 %p1, %t, 32; setp.ge.u32 %p2, %t, 64; @%p1 st.shared.u32 [s], 5; @%p2"
                  + " bra WAIT;\n"
                  + "bar.sync 1, 64; bra DONE;\n"
                  + "WAIT: ld.shared.u32 %r3, [s];\n"
                  + "DONE: bar.sync 0;"),
          race(
              32,
              2,
              "no barrier came after that",
              "shl.b32 %r3, %t, 2; cvt.u64.u32 %rd1, %r3; add.s64 %rd1, %rd1, %in;"
                  + " cp.async.ca.shared.global [%r1], [%rd1], 4; cp.async.wait_all; setp.lt.u32"
                  + " %p1, %t, 31;\n"
                  + "@%p1 ld.shared.u32 %r4, [%r1+4];"));

  private static final List<SanitizerMistake> NOT_WAITED =
      List.of(
          notWaited(
              32,
              2,
              "copies at PTX line",
              "shl.b32 %r3, %t, 2; cvt.u64.u32 %rd1, %r3; add.s64 %rd1, %rd1, %in;"
                  + " cp.async.ca.shared.global [%r1], [%rd1], 4; cp.async.commit_group;\n"
                  + "ld.shared.u32 %r4, [%r1];"),
          notWaited(
              32,
              2,
              "and has not waited for it",
              "shl.b32 %r3, %t, 2; cvt.u64.u32 %rd1, %r3; add.s64 %rd1, %rd1, %in;"
                  + " cp.async.ca.shared.global [%r1], [%rd1], 4; cp.async.commit_group;\n"
                  + "st.shared.u32 [%r1], 1;"),
          notWaited(
              32,
              2,
              "and has not waited for it",
              "shl.b32 %r3, %t, 2; cvt.u64.u32 %rd1, %r3; add.s64 %rd1, %rd1, %in;"
                  + " cp.async.ca.shared.global [%r1], [%rd1], 4; cp.async.commit_group;"
                  + " cp.async.ca.shared.global [%r1+128], [%rd1], 4; cp.async.commit_group;"
                  + " cp.async.wait_group 1; ld.shared.u32 %r4, [%r1];\n"
                  + "ld.shared.u32 %r4, [%r1+128];"));

  static final List<SanitizerMistake> ALL =
      Stream.of(UNINITIALIZED, RACES, NOT_WAITED).flatMap(List::stream).toList();

  private static SanitizerMistake uninitialized(int threads, int line, String says, String code) {
    return new SanitizerMistake(threads, UninitializedRead.class, line, says, code);
  }

  private static SanitizerMistake race(int threads, int line, String says, String code) {
    return new SanitizerMistake(threads, SharedMemoryRace.class, line, says, code);
  }

  private static SanitizerMistake notWaited(int threads, int line, String says, String code) {
    return new SanitizerMistake(threads, AsyncCopyNotWaited.class, line, says, code);
  }

  @Override
  public String toString() {
    return code.replace('\n', ' ');
  }
}
