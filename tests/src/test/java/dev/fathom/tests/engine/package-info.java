/** Tests of the engine's core: tensors, memory scopes, autograd. */
package dev.fathom.tests.engine;
