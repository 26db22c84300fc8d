package dev.lockstep.simulator.jit;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lockstep.simulator.execution.LaneRegisters;
import dev.lockstep.simulator.execution.Slot;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** The class generated for a {@link LaneCode}. It knows registers by number alone. */
final class LaneClass {
  static final ClassDesc REGISTERS = LaneRegisters.class.describeConstable().orElseThrow();
  static final ClassDesc BASE = LaneCode.class.describeConstable().orElseThrow();
  static final MethodTypeDesc RUN = MethodTypeDesc.of(CD_void, REGISTERS, CD_int.arrayType());

  private static final ClassDesc NAME =
      ClassDesc.of(LaneClass.class.getPackageName(), "GeneratedLanes");

  private final byte[] bytes;
  private final List<int[]> tables = new ArrayList<>();
  private final RegisterNumbers numbers;

  /** What makes the code. */
  private interface Body {
    void emit(CodeBuilder c, Function<int[], ConstantDesc> tables, Set<Place> anyNan);
  }

  private LaneClass(RegisterNumbers numbers, Set<Place> anyNan, Body body) {
    this.numbers = numbers;
    Set<Place> before = Set.copyOf(anyNan);
    bytes =
        ClassFile.of()
            .build(
                NAME,
                type -> {
                  type.withSuperclass(BASE).withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL);
                  type.withMethodBody(
                      ConstantDescs.INIT_NAME,
                      ConstantDescs.MTD_void,
                      ClassFile.ACC_PUBLIC,
                      c ->
                          c.aload(0)
                              .invokespecial(BASE, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                              .return_());
                  type.withMethodBody(
                      "run",
                      RUN,
                      ClassFile.ACC_PUBLIC,
                      c -> {
                        // May be asked twice, when jumps turn out long.
                        anyNan.clear();
                        anyNan.addAll(before);
                        tables.clear();
                        body.emit(c, this::table, anyNan);
                      });
                });
  }

  /**
   * Of a run.
   *
   * @param anyNan registers in which a NaN may have any bits, before and then behind
   */
  static LaneClass of(Part.Run run, Set<Place> anyNan) {
    RegisterNumbers numbers = new RegisterNumbers();
    return new LaneClass(
        numbers, anyNan, (c, tables, nan) -> new LaneLoop(run, c, numbers, tables, nan).emit());
  }

  /** Of a butterfly, in the same way. */
  static LaneClass of(Part.Butterfly butterfly, Set<Place> anyNan) {
    RegisterNumbers numbers = new RegisterNumbers();
    return new LaneClass(
        numbers,
        anyNan,
        (c, tables, nan) -> new ButterflyMethod(butterfly, c, numbers, nan).emit());
  }

  byte[] bytes() {
    return bytes;
  }

  /** The objects that the class takes its constants from. */
  List<int[]> tables() {
    return tables;
  }

  /** The registers that it is to be told. */
  List<Place> registers() {
    return numbers.places();
  }

  private ConstantDesc table(int[] values) {
    tables.add(values);
    return DynamicConstantDesc.ofNamed(
        ConstantDescs.BSM_CLASS_DATA_AT,
        ConstantDescs.DEFAULT_NAME,
        CD_int.arrayType(),
        tables.size() - 1);
  }

  /** Pushes the file a register is in. */
  static void pushFile(CodeBuilder c, Place place) {
    String field =
        switch (place.file()) {
          case Slot.FLOATS -> "floats";
          case Slot.INTS -> "ints";
          case Slot.LONGS -> "longs";
          default -> "doubles";
        };
    c.aload(RegisterNumbers.REGISTERS);
    c.getfield(REGISTERS, field, element(place).arrayType().arrayType());
  }

  /** The type of a lane's value. */
  static ClassDesc element(Place place) {
    return switch (place.file()) {
      case Slot.FLOATS -> CD_float;
      case Slot.LONGS -> CD_long;
      case Slot.DOUBLES -> CD_double;
      default -> CD_int;
    };
  }
}
