package dev.lockstep.simulator.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A kernel {@code test(in, out)} whose threads read their registers from {@code in}, do something
 * random to them, and write them to {@code out}. A thread's registers lie together: 32-bit
 * integers, singles, 64-bit integers, doubles.
 */
final class RandomProgram {
  private static final String PROLOGUE =
      """
      .version 8.0
      .target sm_80
      .address_size 64

      .visible .entry test(.param .u64 in, .param .u64 out)
      {
      .reg .b32 %r<16>;
      .reg .f32 %f<16>;
      .reg .b64 %l<16>;
      .reg .f64 %d<16>;
      .reg .pred %p<16>;
      .reg .b32 %loop<64>;
      .reg .pred %again;
      .reg .b64 %in, %out, %at;
      ld.param.u64 %in, [in];
      ld.param.u64 %out, [out];
      mov.u32 %r8, %ctaid.x;
      mov.u32 %r9, %ntid.x;
      mov.u32 %r10, %tid.x;
      mad.lo.s32 %r11, %r8, %r9, %r10;
      mul.wide.u32 %at, %r11, BYTES;
      add.s64 %in, %in, %at;
      add.s64 %out, %out, %at;
      """;

  private final Random random;
  private final Instructions instructions;
  private final List<Statement> statements;
  private int labels;

  RandomProgram(long seed) {
    random = new Random(seed);
    instructions = new Instructions(random);
    statements = block(4 + random.nextInt(40), 0);
  }

  /** What the program does to one thread. Predicates start as false. */
  void execute(ThreadState thread) {
    statements.forEach(s -> s.execute(thread));
  }

  String ptx() {
    StringBuilder text = new StringBuilder(PROLOGUE.replace("BYTES", "" + ThreadState.BYTES));
    for (int i = 0; i < ThreadState.PREDICATES; i++) {
      text.append("setp.ne.s32 %p").append(i).append(", 0, 0;\n");
    }
    registers(text, true);
    write(statements, text);
    registers(text, false);
    return text.append("ret;\n}\n").toString();
  }

  private List<Statement> block(int length, int depth) {
    List<Statement> block = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      int kind = random.nextInt(24);
      if (kind == 0 && depth < 3) {
        block.add(
            new Statement.If(
                random.nextInt(ThreadState.PREDICATES),
                block(1 + random.nextInt(6), depth + 1),
                block(random.nextInt(5), depth + 1)));
      } else if (kind == 1 && depth < 3) {
        block.add(
            new Statement.Loop(
                random.nextInt(ThreadState.COUNT), block(1 + random.nextInt(6), depth + 1)));
      } else {
        Instructions.Drawn drawn = instructions.draw();
        boolean guarded = random.nextInt(6) == 0;
        int guard = guarded ? random.nextInt(ThreadState.PREDICATES) : -1;
        block.add(new Statement.Simple(drawn.ptx(), drawn.effect(), guard, random.nextBoolean()));
      }
    }
    return List.copyOf(block);
  }

  private void write(List<Statement> block, StringBuilder text) {
    for (Statement statement : block) {
      int label = labels++;
      switch (statement) {
        case Statement.Simple simple -> text.append(simple.text());
        case Statement.If(int p, List<Statement> then, List<Statement> otherwise) -> {
          text.append("@!%p" + p + " bra ELSE" + label + ";\n");
          write(then, text);
          text.append("bra END" + label + ";\nELSE" + label + ":\n");
          write(otherwise, text);
          text.append("END" + label + ":\n");
        }
        case Statement.Loop(int register, List<Statement> body) -> {
          String count = "%loop" + label % 64;
          text.append("and.b32 " + count + ", %r" + register + ", 3;\nTOP" + label + ":\n");
          write(body, text);
          text.append("setp.ne.s32 %again, " + count + ", 0;\n");
          text.append("add.s32 " + count + ", " + count + ", -1;\n");
          text.append("@%again bra TOP" + label + ";\n");
        }
      }
    }
  }

  private static void registers(StringBuilder text, boolean load) {
    String[] files = {"b32 %r", "f32 %f", "b64 %l", "f64 %d"};
    int at = 0;
    for (String file : files) {
      int bytes = file.contains("32") ? 4 : 8;
      for (int i = 0; i < ThreadState.COUNT; i++) {
        String type = file.substring(0, 3);
        String register = file.substring(4) + i;
        text.append(
            load
                ? "ld.global.%s %s, [%%in+%d];\n".formatted(type, register, at)
                : "st.global.%s [%%out+%d], %s;\n".formatted(type, at, register));
        at += bytes;
      }
    }
  }
}
