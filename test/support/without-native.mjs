// Imported before a program: onnxruntime-node is then not found, as where npm dropped it. Child processes inherit this
// when it comes from NODE_OPTIONS.

import { register } from 'node:module';

const hooks = `export const resolve = (name, context, next) =>
  next(name, name === 'onnxruntime-node' ? { ...context, parentURL: 'file:///no-packages-here/x.mjs' } : context);`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`);
