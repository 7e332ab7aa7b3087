// stripe-stateful-mock on a port of the loopback interface: its own command listens on all of them.
const { createExpressApp } = require(process.argv[2]);
createExpressApp().listen(Number(process.argv[3]), "127.0.0.1");
