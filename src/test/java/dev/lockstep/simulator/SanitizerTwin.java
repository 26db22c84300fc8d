package dev.lockstep.simulator;

import java.util.List;

/** What is nearly a {@link SanitizerMistake}, and right. */
record SanitizerTwin(int threads, String code) {
  static final List<SanitizerTwin> ALL =
      List.of(
          new SanitizerTwin(
              64,
              "st.shared.u32 [%r1], %t; bar.sync 0; xor.b32 %r3, %t, 63; mov.u32 %r4, s; "
                  + "mad.lo.s32"
                  + " %r4, %r3, 4, %r4; ld.shared.u32 %r5, [%r4];"),
          new SanitizerTwin(
              32, "st.shared.u32 [%r1], %t; bar.warp.sync -1; ld.shared.u32 %r5, [s];"),
          new SanitizerTwin(
              32,
              "st.shared.u32 [%r1], %t; st.shared.u32 [%r1+128], %t; bar.sync 0; mov.u32 %r3, s;"
                  + " mad.lo.s32 %r3, %t, 8, %r3; ld.shared.u32 %r4, [%r3];"
                  + " ld.shared.u32 %r5, [%r3+4]; and.b32 %r6, %t, 5; setp.eq.u32 %p1, %r6, 0;"
                  + " @%p1 st.shared.u32 [%r3], %r5; @%p1 st.shared.u32 [%r3+4], %r4;"),
          new SanitizerTwin(
              32,
              "st.shared.u32 [%r1], %t; shfl.sync.bfly.b32 %r6, %t, 1, 31, -1; ld.shared.u32 %r5,"
                  + " [s];"),
          new SanitizerTwin(
              32,
              "st.shared.u32 [%r1], %t; and.b32 %r3, %t, 16; mov.u32 %r4, 0xffff; "
                  + "setp.ge.u32 %p1,"
                  + " %t, 16; @%p1 mov.u32 %r4, 0xffff0000; bar.warp.sync %r4; xor.b32 %r3, %t, 15;"
                  + " mov.u32 %r5, s; mad.lo.s32 %r5, %r3, 4, %r5; ld.shared.u32 %r6, [%r5];"),
          new SanitizerTwin(
              32,
              "st.shared.u32 [%r1], %t; ld.shared.u32 %r5, [%r1]; st.shared.u32 [%r1], %r5;"
                  + " bar.warp.sync -1; st.shared.u32 [s], 9; bar.warp.sync -1; ld.shared.u32 %r3,"
                  + " [s];"),
          new SanitizerTwin(64, "st.shared.u32 [s], 7; bar.sync 0; ld.shared.u32 %r3, [s];"),
          new SanitizerTwin(
              64,
              "setp.lt.u32 %p1, %t, 32; @%p1 st.shared.u32 [s], 7; @!%p1 st.shared.u32 [s], 7;"
                  + " bar.sync 0; ld.shared.u32 %r3, [s];"),
          new SanitizerTwin(
              64,
              "st.shared.u16 [%r2], 3; ld.shared.u16 %r3, [%r2]; st.shared.u8 [%r1+1], 1;"
                  + " ld.shared.u8 %r3, [%r1+1];"),
          new SanitizerTwin(
              64,
              "setp.eq.u32 %p1, %t, 0; @%p1 st.shared.u32 [s], 0; bar.sync 0; red.shared.add.u32"
                  + " [s], 1; atom.shared.max.u32 %r3, [s], %t; ld.relaxed.cta.shared.u32 %r3, [s];"
                  + " bar.sync 0; ld.shared.u32 %r3, [s];"),
          new SanitizerTwin(
              96,
              "setp.lt.u32 %p1, %t, 32; setp.ge.u32 %p2, %t, 64; @%p1 st.shared.u32 [s], 5; @%p2"
                  + " bra WAIT;\n"
                  + "bar.sync 1, 64; ld.shared.u32 %r3, [s];\n"
                  + "WAIT: bar.sync 0; ld.shared.u32 %r3, [s];"),
          new SanitizerTwin(
              64,
              "setp.ge.u32 %p1, %t, 32; @%p1 bra TAKE;\n"
                  + "st.shared.u32 [%r1], %t; bar.arrive 3, 64; bra DONE;\n"
                  + "TAKE: bar.sync 3, 64; ld.shared.u32 %r3, [%r1+-128];\n"
                  + "DONE: ret;"),
          new SanitizerTwin(
              32,
              "and.b32 %r3, %t, 3; shl.b32 %r3, %r3, 2; mov.u32 %r4, l; add.u32 %r4, %r4, %r3;"
                  + " st.local.u32 [%r4], 5; ld.local.u32 %r5, [%r4]; st.global.u32 [%mine], %r5;"),
          new SanitizerTwin(32, "st.local.u64 [l], %out; ld.local.u32 %r3, [l+4];"),
          new SanitizerTwin(
              32,
              "setp.lt.u32 %p1, %t, 9; @%p1 st.local.u32 [l], 5; ld.local.u32 %r3, [l];"
                  + " selp.b32 %r4, %r3, 7, %p1; st.global.u32 [%mine], %r4;"),
          new SanitizerTwin(
              32,
              "setp.lt.u32 %p1, %t, 9; @%p1 mov.u32 %r9, 1; mov.u32 %r8, %r9; @%p1 add.s32 %r7,"
                  + " %r8, 1;"),
          new SanitizerTwin(
              32, "mov.b64 %rd1, {%t, %r9}; mov.b64 {%r3, %r4}, %rd1; st.global.u32 [%mine], %t;"),
          new SanitizerTwin(
              32,
              "setp.lt.u32 %p1, %t, 16; @%p1 bra LOW; shfl.sync.bfly.b32 %r6, %t, 16, 31, -1; bra"
                  + " END;\nLOW: shfl.sync.bfly.b32 %r6, %r9, 16, 31, -1;\n"
                  + "END: @%p1 st.global.u32 [%mine], %r6;"),
          new SanitizerTwin(
              32,
              "shl.b32 %r3, %t, 2; cvt.u64.u32 %rd1, %r3; add.s64 %rd1, %rd1, %in;"
                  + " cp.async.ca.shared.global [%r1], [%rd1], 4; cp.async.commit_group;"
                  + " cp.async.ca.shared.global [%r1+128], [%rd1], 4; cp.async.commit_group;"
                  + " cp.async.wait_group 1; ld.shared.u32 %r4, [%r1]; bar.sync 0; ld.shared.u32"
                  + " %r4, [s];"),
          new SanitizerTwin(
              32,
              "mad.lo.s32 %r3, %t, 4, 0; cvt.u64.u32 %rd1, %r3; add.s64 %rd1, %rd1, %in; mov.u32"
                  + " %r4, 0; cp.async.ca.shared.global [%r1], [%rd1], 4, %r4; cp.async.wait_all;"
                  + " ld.shared.u32 %r5, [%r1];"),
          new SanitizerTwin(
              32,
              "st.shared.u32 [%r1], %t; st.shared.u32 [%r1+128], %t; st.shared.u32 [%r1+256], %t;"
                  + " st.shared.u32 [%r1+384], %t; bar.warp.sync -1; mov.u32 %r3, s; mad.lo.s32"
                  + " %r3, %t, 16, %r3; ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r4,%r5,%r6,%r7},"
                  + " [%r3];"));

  @Override
  public String toString() {
    return code.replace('\n', ' ');
  }
}
