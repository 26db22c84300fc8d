package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The matrix products that are measured, in a fixed order.
 *
 * @param cases all of them, those of fusions too
 * @param fusions pairs that are compared
 */
public record ProductSuite(List<BenchCase> cases, List<Fusion> fusions) {
  /** What is measured where no other shape is given. */
  public static final Shape DEFAULT_SHAPE = Shape.of(1024, 1024, 1024);

  public ProductSuite {
    cases = List.copyOf(cases);
    fusions = List.copyOf(fusions);
  }

  /**
   * Everything, shape by shape.
   *
   * @param dtype storage type: f32, f16 or bf16
   * @param shapes M, N and K each
   */
  public static ProductSuite of(DType dtype, List<Shape> shapes) {
    List<BenchCase> cases = new ArrayList<>();
    List<Fusion> fusions = new ArrayList<>();
    for (Shape shape : shapes) {
      ProductCases.add(cases, dtype, shape);
      if (shape.equals(DEFAULT_SHAPE)) {
        ProductCases.addParts(cases, dtype);
      }
      List<Fusion> more = new ArrayList<>();
      FusionCases.add(more, dtype, shape);
      for (Fusion fusion : more) {
        cases.add(fusion.fused());
        cases.add(fusion.apart());
      }
      fusions.addAll(more);
      HeadCases.add(cases, dtype, shape);
      LibraryCases.add(cases, dtype, shape);
    }
    return new ProductSuite(cases, fusions);
  }

  /**
   * Some of them.
   *
   * @param names kernels or groups of them; none takes all
   * @param tiles for example {@code 128x128}; none takes all
   * @throws IllegalArgumentException for a name or tile there is none of; the message lists all
   */
  public ProductSuite only(Collection<String> names, Collection<String> tiles) {
    Set<String> known =
        cases.stream()
            .map(BenchCase::tile)
            .filter(tile -> !tile.isEmpty())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    for (String tile : tiles) {
      if (!known.contains(tile)) {
        throw new IllegalArgumentException(
            "no kernels with tiles of \"%s\"; there are %s"
                .formatted(tile, String.join(", ", known)));
      }
    }
    List<BenchCase> chosen =
        Selection.of("matrix kernel", cases, names).stream()
            .filter(row -> tiles.isEmpty() || tiles.contains(row.tile()))
            .toList();
    return new ProductSuite(
        chosen, fusions.stream().filter(fusion -> chosen.contains(fusion.fused())).toList());
  }
}
