package dev.lockstep.simulator.jit;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.FloatOps;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The method of one run: fetches the registers' arrays, then loops over 32 lanes with every value
 * in a local variable. What no lane changes is read once before the loop; what nobody reads behind
 * the run is not written back.
 */
final class LaneLoop {
  private static final ClassDesc FLOAT_OPS = FloatOps.class.describeConstable().orElseThrow();

  private final Part.Run run;
  private final CodeBuilder c;

  /** Locals by place: the register's array, and the lane's value (a predicate: its bit). */
  private final Map<Place, Integer> arrays = new HashMap<>();

  private final Map<Place, Integer> values = new HashMap<>();

  /** For predicates: all 32 bits, coming in and going out. */
  private final Map<Place, Integer> bitsIn = new HashMap<>();

  private final Map<Place, Integer> bitsOut = new HashMap<>();

  /** Float values of arithmetic, in which a NaN may have other bits than the one PTX has. */
  private final Set<Place> anyNan = new HashSet<>();

  private final Set<Place> incoming = new LinkedHashSet<>();
  private final Set<Place> outgoing = new LinkedHashSet<>();
  private int lane;

  LaneLoop(Part.Run run, CodeBuilder c) {
    this.run = run;
    this.c = c;
    Set<Place> written = new HashSet<>();
    for (Scalar scalar : run.scalars()) {
      scalar.reads(
          place -> {
            if (!written.contains(place)) {
              incoming.add(place);
            }
          });
      written.add(scalar.target());
      if (run.wanted().contains(scalar.target())) {
        outgoing.add(scalar.target());
      }
    }
  }

  void emit() {
    before();
    lane = c.allocateLocal(TypeKind.INT);
    Label top = c.newLabel();
    Label end = c.newLabel();
    c.iconst_0().istore(lane);
    c.labelBinding(top).iload(lane).loadConstant(Warp.LANES).if_icmpge(end);
    for (Place place : incoming) {
      if (!place.uniform()) {
        fetch(place);
      }
    }
    for (Scalar scalar : run.scalars()) {
      emit(scalar);
    }
    for (Place place : outgoing) {
      makeCanonical(place);
      writeBack(place);
    }
    c.iinc(lane, 1).goto_(top).labelBinding(end);
    for (Place place : outgoing) {
      if (place.file() == Place.PREDICATES) {
        c.aload(0).getfield(SegmentClass.WARP, "predicates", CD_int.arrayType());
        c.loadConstant(place.index()).iload(bitsOut(place)).iastore();
      }
    }
    c.return_();
  }

  private void before() {
    for (Place place : incoming) {
      if (place.file() == Place.PREDICATES) {
        c.aload(0).getfield(SegmentClass.WARP, "predicates", CD_int.arrayType());
        c.loadConstant(place.index()).iaload().istore(bitsIn(place));
      } else if (place.uniform()) {
        register(place);
        c.iconst_0().arrayLoad(kind(place));
        c.storeLocal(kind(place), value(place));
      } else {
        keepArray(place);
      }
    }
    for (Place place : outgoing) {
      if (place.file() == Place.PREDICATES) {
        c.iconst_0().istore(bitsOut(place));
      } else if (!arrays.containsKey(place)) {
        keepArray(place);
      }
    }
  }

  private void keepArray(Place place) {
    register(place);
    c.astore(array(place));
  }

  /** Pushes a register's array. */
  private void register(Place place) {
    ClassDesc element = element(place);
    String field =
        switch (place.file()) {
          case Slot.FLOATS -> "floats";
          case Slot.INTS -> "ints";
          case Slot.LONGS -> "longs";
          default -> "doubles";
        };
    c.aload(0).getfield(SegmentClass.WARP, field, element.arrayType().arrayType());
    c.loadConstant(place.index()).aaload();
  }

  private void fetch(Place place) {
    if (place.file() == Place.PREDICATES) {
      c.iload(bitsIn(place)).iload(lane).iushr().iconst_1().iand().istore(value(place));
    } else {
      c.aload(array(place)).iload(lane).arrayLoad(kind(place));
      c.storeLocal(kind(place), value(place));
    }
  }

  private void writeBack(Place place) {
    if (place.file() == Place.PREDICATES) {
      int bits = bitsOut(place);
      c.iload(bits).iload(value(place)).iload(lane).ishl().ior().istore(bits);
    } else {
      c.aload(array(place)).iload(lane).loadLocal(kind(place), value(place));
      c.arrayStore(kind(place));
    }
  }

  private void emit(Scalar scalar) {
    Form form = scalar.form();
    if (form.nan() == Form.Nan.EXACT) {
      scalar.reads(this::makeCanonical);
    }
    Label skip = c.newLabel();
    if (scalar.guard() != null) {
      c.iload(value(scalar.guard()));
      var unused = scalar.negated() ? c.ifne(skip) : c.ifeq(skip);
    }
    for (int i = 0; i < form.arity(); i++) {
      Operands.load(c, scalar.sources().get(i), form.source(i), this::value);
    }
    form.emission().accept(c);
    // Under a guard another lane may keep an old value, whose bits are nobody's to change.
    boolean later = scalar.guard() == null && scalar.target().file() == Slot.FLOATS;
    if (form.nan() == Form.Nan.ANY && !later) {
      canonical();
    }
    Operands.store(c, scalar.target(), form.result(), value(scalar.target()));
    if (form.nan() == Form.Nan.ANY && later) {
      anyNan.add(scalar.target());
    } else if (scalar.guard() == null) {
      anyNan.remove(scalar.target());
    }
    c.labelBinding(skip);
  }

  /** Gives a NaN in a float value the bits that PTX says, where they are looked at. */
  private void makeCanonical(Place place) {
    if (anyNan.remove(place)) {
      c.fload(value(place));
      canonical();
      c.fstore(value(place));
    }
  }

  private void canonical() {
    c.invokestatic(FLOAT_OPS, "canonical", MethodTypeDesc.of(CD_float, CD_float));
  }

  private int array(Place place) {
    return arrays.computeIfAbsent(place, p -> c.allocateLocal(TypeKind.REFERENCE));
  }

  private int bitsIn(Place place) {
    return bitsIn.computeIfAbsent(place, p -> c.allocateLocal(TypeKind.INT));
  }

  private int bitsOut(Place place) {
    return bitsOut.computeIfAbsent(place, p -> c.allocateLocal(TypeKind.INT));
  }

  private int value(Place place) {
    return values.computeIfAbsent(place, p -> c.allocateLocal(kind(p)));
  }

  static TypeKind kind(Place place) {
    return switch (place.file()) {
      case Slot.FLOATS -> TypeKind.FLOAT;
      case Slot.LONGS -> TypeKind.LONG;
      case Slot.DOUBLES -> TypeKind.DOUBLE;
      default -> TypeKind.INT;
    };
  }

  private static ClassDesc element(Place place) {
    return switch (place.file()) {
      case Slot.FLOATS -> CD_float;
      case Slot.LONGS -> CD_long;
      case Slot.DOUBLES -> CD_double;
      default -> CD_int;
    };
  }
}
