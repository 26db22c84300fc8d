package dev.lockstep;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.foreign.Linker;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Holds the order of packages: each imports only those listed before it. */
class ArchitectureTests {
  private static final String ROOT = "dev.lockstep.";

  private static final List<String> PACKAGES =
      List.of(
          "numeric",
          "ptx",
          "device",
          "simulator",
          "cuda",
          "reference",
          "tensor",
          "ops",
          "nn",
          "optim",
          "data",
          "train",
          "check",
          "profile",
          "grill",
          "cli");

  /** Devices are found by ServiceLoader; nothing names them. */
  private static final List<String> DEVICES = List.of("simulator", "cuda");

  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.lockstep");

  @Test
  void everyClassLivesInAListedPackage() {
    assertThat(PRODUCT).isNotEmpty();
    classes().should().resideInAnyPackage(all(PACKAGES)).check(PRODUCT);
  }

  @ParameterizedTest
  @FieldSource("PACKAGES")
  void aPackageImportsOnlyThoseBeforeIt(String name) {
    List<String> after = PACKAGES.subList(PACKAGES.indexOf(name) + 1, PACKAGES.size());
    noClasses()
        .that()
        .resideInAPackage(ROOT + name + "..")
        .should()
        .dependOnClassesThat(resideInAnyPackage(all(after)))
        .allowEmptyShould(true)
        .check(PRODUCT);
  }

  @ParameterizedTest
  @FieldSource("DEVICES")
  void nothingNamesADevice(String name) {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + name + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + name + "..")
        .check(PRODUCT);
  }

  @Test
  void packagesAreFreeOfCycles() {
    slices().matching(ROOT + "(**)").should().beFreeOfCycles().check(PRODUCT);
  }

  @Test
  void onlyTheCommandLinePrints() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "cli..")
        .should(ACCESS_STANDARD_STREAMS)
        .check(PRODUCT);
  }

  @Test
  void onlyCudaNamesJcudaOrTheNativeLinker() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "cuda..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jcuda..")
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(Linker.class)
        .check(PRODUCT);
  }

  private static String[] all(List<String> names) {
    return names.stream().map(name -> ROOT + name + "..").toArray(String[]::new);
  }
}
