package dev.fathom.tests.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import org.junit.jupiter.api.Test;

/** Imports run one way: tools, training, models, nn, engine. Vector instructions stay in the engine's cpu packages. */
class ImportsTest {
    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("/dev/fathom/tests/")).importPackages("dev.fathom");

    private static LayeredArchitecture house() {
        return Architectures.layeredArchitecture().consideringOnlyDependenciesInLayers().withOptionalLayers(true)
                .layer("tools").definedBy("dev.fathom.tools..")
                .layer("training").definedBy("dev.fathom.training..")
                .layer("models").definedBy("dev.fathom.models..")
                .layer("nn").definedBy("dev.fathom.nn..")
                .layer("engine").definedBy("dev.fathom.engine..");
    }

    @Test
    void importsRunOneWay() {
        house().whereLayer("tools").mayNotBeAccessedByAnyLayer()
                .whereLayer("training").mayOnlyBeAccessedByLayers("tools")
                .whereLayer("models").mayOnlyBeAccessedByLayers("tools", "training")
                .whereLayer("nn").mayOnlyBeAccessedByLayers("tools", "training", "models")
                .check(MAIN);
    }

    /** The rule above can fail: the other way round it does. */
    @Test
    void theRuleSeesTheArrowsThatThereAre() {
        assertFalse(MAIN.isEmpty());
        assertThrows(AssertionError.class, () -> house().whereLayer("engine").mayNotBeAccessedByAnyLayer().check(MAIN));
    }

    @Test
    void vectorInstructionsStayInTheCpuPackages() {
        noClasses().that().resideOutsideOfPackage("dev.fathom.engine.cpu..").should().dependOnClassesThat()
                .resideInAPackage("jdk.incubator.vector..").check(MAIN);
        assertThrows(AssertionError.class, () -> noClasses().should().dependOnClassesThat()
                .resideInAPackage("jdk.incubator.vector..").check(MAIN), "the rule sees no vector code at all");
    }

    /** JCuda unpacks its natives unsafely when its classes are loaded by name; one package, loaded on purpose, names it. */
    @Test
    void jcudaStaysInItsPackage() {
        noClasses().that().resideOutsideOfPackage("dev.fathom.engine.cuda.jcuda..").should().dependOnClassesThat()
                .resideInAnyPackage("jcuda..", "dev.fathom.engine.cuda.jcuda..").check(MAIN);
        assertThrows(AssertionError.class, () -> noClasses().should().dependOnClassesThat()
                .resideInAPackage("jcuda..").check(MAIN), "the rule sees no JCuda at all");
    }

    /** An operation that is not a record would escape the coverage test, which looks for records. */
    @Test
    void operationsAreRecordsInOnePackage() {
        classes().that().areAssignableTo(dev.fathom.engine.ops.Op.class).and().areNotInterfaces()
                .should().beRecords().andShould().resideInAPackage("dev.fathom.engine.ops").check(MAIN);
    }

    /** What an operation is does not depend on who computes it. */
    @Test
    void operationsDoNotKnowBackends() {
        noClasses().that().resideInAPackage("dev.fathom.engine.ops").should().dependOnClassesThat()
                .resideInAPackage("dev.fathom.engine.cpu..").check(MAIN);
    }
}
