BEGIN TRANSACTION;
CREATE TABLE account (
	rater VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	PRIMARY KEY (rater), 
	FOREIGN KEY(rater) REFERENCES rater (id)
);
INSERT INTO "account" VALUES('01a2072f-0f9f-755e-bf49-998f3af8841a','rater','2026-11-23T06:54:14.431310Z');
CREATE TABLE assignment (
	task VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	queue VARCHAR NOT NULL, 
	seq INTEGER NOT NULL, 
	shown_order TEXT DEFAULT '[]' NOT NULL, 
	state VARCHAR NOT NULL, 
	flagged BOOLEAN DEFAULT 0 NOT NULL, 
	committed_at VARCHAR, 
	PRIMARY KEY (task, rater), 
	FOREIGN KEY(task) REFERENCES task (id), 
	FOREIGN KEY(rater) REFERENCES rater (id), 
	FOREIGN KEY(queue) REFERENCES queue (id)
)
 WITHOUT ROWID

;
INSERT INTO "assignment" VALUES('01a2072f-0f95-756c-8e0c-1ff895ab5b1a','01a2072f-0f9f-755e-bf49-998f3af8841a','01a2072f-0f86-7121-82c2-dc798b6f113d',0,'["33ckqpwp"]','open',0,NULL);
INSERT INTO "assignment" VALUES('01a2072f-0f95-756c-8e0c-1ffb92e50c5c','01a2072f-0f9f-755e-bf49-998f3af8841a','01a2072f-0f86-7121-82c2-dc798b6f113d',1,'["7o74pors"]','open',0,NULL);
INSERT INTO "assignment" VALUES('01a2072f-0f95-756c-8e0c-1ffede4099ef','01a2072f-0f9f-755e-bf49-998f3af8841a','01a2072f-0f86-7121-82c2-dc798b6f113d',3,'["ym5tbuo5"]','open',0,NULL);
INSERT INTO "assignment" VALUES('01a2072f-0f95-756c-8e0c-20013f35b76e','01a2072f-0f9f-755e-bf49-998f3af8841a','01a2072f-0f86-7121-82c2-dc798b6f113d',2,'["qy2licve"]','open',0,NULL);
CREATE TABLE batch (
	queue VARCHAR NOT NULL, 
	first INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	PRIMARY KEY (queue, first), 
	FOREIGN KEY(queue) REFERENCES queue (id)
)
 WITHOUT ROWID

;
INSERT INTO "batch" VALUES('01a2072f-0f86-7121-82c2-dc798b6f113d',0,4,'2026-11-23T06:54:14.426851Z');
CREATE TABLE certificate (
	id VARCHAR NOT NULL, 
	round VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	passed BOOLEAN DEFAULT 0 NOT NULL, 
	document TEXT DEFAULT '{}' NOT NULL, 
	issued_at VARCHAR NOT NULL, 
	expires_at VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(round) REFERENCES round (id), 
	FOREIGN KEY(rater) REFERENCES rater (id)
);
CREATE TABLE dataset (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	version VARCHAR NOT NULL, 
	content_hash VARCHAR, 
	lineage TEXT DEFAULT '{}' NOT NULL, 
	size INTEGER NOT NULL, 
	outputs INTEGER DEFAULT 0 NOT NULL, 
	created_at VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name, version)
);
INSERT INTO "dataset" VALUES('01a2072f-0f86-7121-82c2-dc780977bf85','kyc','',NULL,'{}',4,0,'2026-11-23T06:54:14.406920Z');
CREATE TABLE dataset_item (
	dataset VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	item VARCHAR NOT NULL, 
	position INTEGER NOT NULL, 
	meta TEXT DEFAULT '{}' NOT NULL, 
	PRIMARY KEY (dataset, "key"), 
	FOREIGN KEY(dataset) REFERENCES dataset (id), 
	FOREIGN KEY(item) REFERENCES item (id)
)
 WITHOUT ROWID

;
INSERT INTO "dataset_item" VALUES('01a2072f-0f86-7121-82c2-dc780977bf85','item-0000','01a2072f-0f95-756c-8e0c-1ff53c61b701',0,'{"metadata":{"risk":"severe","secret":"s3"},"tags":["kyc"]}');
INSERT INTO "dataset_item" VALUES('01a2072f-0f86-7121-82c2-dc780977bf85','item-0001','01a2072f-0f95-756c-8e0c-1ff9c6be96fe',1,'{"metadata":{"risk":"severe","secret":"s3"},"tags":["kyc"]}');
INSERT INTO "dataset_item" VALUES('01a2072f-0f86-7121-82c2-dc780977bf85','item-0002','01a2072f-0f95-756c-8e0c-1ffc74e65485',2,'{"metadata":{"risk":"severe","secret":"s3"},"tags":["kyc"]}');
INSERT INTO "dataset_item" VALUES('01a2072f-0f86-7121-82c2-dc780977bf85','item-0003','01a2072f-0f95-756c-8e0c-1fff80048007',3,'{"metadata":{"risk":"severe","secret":"s3"},"tags":["kyc"]}');
CREATE TABLE dataset_output (
	dataset VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	output VARCHAR NOT NULL, 
	seq INTEGER NOT NULL, 
	PRIMARY KEY (dataset, "key", output), 
	FOREIGN KEY(dataset) REFERENCES dataset (id), 
	FOREIGN KEY(output) REFERENCES output (id)
)
 WITHOUT ROWID

;
CREATE TABLE device (
	device VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	public_key VARCHAR, 
	first_seen VARCHAR NOT NULL, 
	last_seen VARCHAR NOT NULL, 
	PRIMARY KEY (device, rater), 
	FOREIGN KEY(rater) REFERENCES account (rater)
)
 WITHOUT ROWID

;
INSERT INTO "device" VALUES('01a2072f-12cf-7683-8f1c-69e437532b55','01a2072f-0f9f-755e-bf49-998f3af8841a',NULL,'2026-11-23T06:54:15.259910Z','2026-11-23T06:54:15.259910Z');
CREATE TABLE draft (
	task VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	queue VARCHAR NOT NULL, 
	device VARCHAR NOT NULL, 
	sitting VARCHAR NOT NULL, 
	rubric VARCHAR NOT NULL, 
	base_label VARCHAR, 
	document TEXT DEFAULT '{}' NOT NULL, 
	cursor TEXT DEFAULT '{}' NOT NULL, 
	active_ms INTEGER NOT NULL, 
	idle_ms INTEGER NOT NULL, 
	updated_at VARCHAR NOT NULL, 
	PRIMARY KEY (task, rater), 
	FOREIGN KEY(task) REFERENCES task (id), 
	FOREIGN KEY(rater) REFERENCES rater (id), 
	FOREIGN KEY(queue) REFERENCES queue (id), 
	FOREIGN KEY(rubric) REFERENCES rubric (id)
)
 WITHOUT ROWID

;
CREATE TABLE event (
	stream VARCHAR NOT NULL, 
	seq INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	actor VARCHAR NOT NULL, 
	attested VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	data TEXT DEFAULT '{}' NOT NULL, 
	previous_hash VARCHAR NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (stream, seq)
)
 WITHOUT ROWID

;
INSERT INTO "event" VALUES('01a2072f-0f79-77a3-976b-316190194783',1,'2026-11-23T06:54:14.407370Z','lead','local','queue.created','01a2072f-0f86-7121-82c2-dc798b6f113d','5d2781cc3c716a55ff26e99d1b4f2dec247fc0e14f0d9956fab05832f08a5a31','{"kind":"rating"}','0000000000000000000000000000000000000000000000000000000000000000','c52aa05075d0f59bc5ed9cac42d293ba910511f6da283a25fd67662997d77f5a');
INSERT INTO "event" VALUES('01a2072f-0f79-77a3-976b-316190194783',2,'2026-11-23T06:54:14.413846Z','lead','local','queue.rubric','01a2072f-0f86-7121-82c2-dc798b6f113d','22cfa2ea7d533d408ae484d9dcf7d03e0d11299b5ed2ee694d961841f69049ce','{"rubric":"01a2072f-0f8d-7137-84fd-71bb315c3727"}','c52aa05075d0f59bc5ed9cac42d293ba910511f6da283a25fd67662997d77f5a','51d3e4a5ea0aab14c9fc1ba04ba880ef93c71c518f09851e6cf30b28b9badcda');
INSERT INTO "event" VALUES('01a2072f-0f79-77a3-976b-316190194783',3,'2026-11-23T06:54:14.427643Z','lead','local','items.imported','01a2072f-0f86-7121-82c2-dc798b6f113d','cf06c2af0a1d63d65f0e42dd419b91b3226df88f50dc430d45f18ee993fcb5ad','{"first":0,"items":4,"recalled":0,"tasks":4}','51d3e4a5ea0aab14c9fc1ba04ba880ef93c71c518f09851e6cf30b28b9badcda','2601a32dbb42acba19985910f9c026efd9b082a9278f44415580a3ba585b9a5c');
INSERT INTO "event" VALUES('01a2072f-0f79-77a3-976b-316190194783',4,'2026-11-23T06:54:14.431427Z','admin','server','user.added','01a2072f-0f9f-755e-bf49-998f3af8841a','80bd92fa728e4091d073775087be1feeca68cef1f9eaf3f8ed328c829e34fc98','{"role":"rater"}','2601a32dbb42acba19985910f9c026efd9b082a9278f44415580a3ba585b9a5c','ed586952aad13a03a564d81b62c7107828e2e57c18007aff98cd6926cb1cc462');
INSERT INTO "event" VALUES('01a2072f-0f79-77a3-976b-316190194783',5,'2026-11-23T06:54:14.431601Z','admin','server','token.made','ed88f981eff7','87147f250d1c1c5b51594932c474b582a91528cf7eaa8c433369e93c1c987ae2','{"rater":"01a2072f-0f9f-755e-bf49-998f3af8841a"}','ed586952aad13a03a564d81b62c7107828e2e57c18007aff98cd6926cb1cc462','fc21b89a3d89a35f5fc58d1c225ee76ab92f8931bec90de208501943c57220a1');
CREATE TABLE exposure (
	rater VARCHAR NOT NULL, 
	item VARCHAR NOT NULL, 
	exposure VARCHAR NOT NULL, 
	queue VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	PRIMARY KEY (rater, item), 
	FOREIGN KEY(rater) REFERENCES rater (id), 
	FOREIGN KEY(item) REFERENCES item (id), 
	FOREIGN KEY(queue) REFERENCES queue (id)
)
 WITHOUT ROWID

;
CREATE TABLE golden (
	id VARCHAR NOT NULL, 
	item VARCHAR NOT NULL, 
	output_hash VARCHAR NOT NULL, 
	scale_hash VARCHAR NOT NULL, 
	criterion VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	source_label VARCHAR NOT NULL, 
	approved_by VARCHAR NOT NULL, 
	supersedes VARCHAR, 
	retired VARCHAR, 
	at VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(item) REFERENCES item (id), 
	FOREIGN KEY(source_label) REFERENCES label (id), 
	FOREIGN KEY(approved_by) REFERENCES rater (id), 
	FOREIGN KEY(supersedes) REFERENCES golden (id)
);
CREATE TABLE imported_label (
	batch VARCHAR NOT NULL, 
	label VARCHAR NOT NULL, 
	PRIMARY KEY (batch, label), 
	FOREIGN KEY(label) REFERENCES label (id)
)
 WITHOUT ROWID

;
CREATE TABLE item (
	id VARCHAR NOT NULL, 
	content_hash VARCHAR NOT NULL, 
	prompt TEXT DEFAULT '[]' NOT NULL, 
	context TEXT DEFAULT '[]' NOT NULL, 
	reference VARCHAR, 
	PRIMARY KEY (id)
);
INSERT INTO "item" VALUES('01a2072f-0f95-756c-8e0c-1ff53c61b701','41475ea0d6b4cbe051aed21721e048ea819e6fc79b0f04081de6ac5be7c7f906','[{"role":"user","text":"What does note 0 say?"}]','[{"title":"Note 0","text":"Note 0 says 0."}]','It says 0.');
INSERT INTO "item" VALUES('01a2072f-0f95-756c-8e0c-1ff9c6be96fe','b0893f1305d29dc7a04244fb228dce5706b1487a59515788adaa908c690b46fc','[{"role":"user","text":"What does note 1 say?"}]','[{"title":"Note 1","text":"Note 1 says 1."}]','It says 1.');
INSERT INTO "item" VALUES('01a2072f-0f95-756c-8e0c-1ffc74e65485','e76a22bc35803275ef8f043f19aac9040624d5379e0b88023529f9d09345a708','[{"role":"user","text":"What does note 2 say?"}]','[{"title":"Note 2","text":"Note 2 says 2."}]','It says 2.');
INSERT INTO "item" VALUES('01a2072f-0f95-756c-8e0c-1fff80048007','7d3518a012693b7819758c4e2b72fc728caeabcbd745fcaad5a98af8361f7521','[{"role":"user","text":"What does note 3 say?"}]','[{"title":"Note 3","text":"Note 3 says 3."}]','It says 3.');
CREATE TABLE label (
	id VARCHAR NOT NULL, 
	queue VARCHAR NOT NULL, 
	task VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	phase VARCHAR NOT NULL, 
	sample INTEGER NOT NULL, 
	outcome VARCHAR NOT NULL, 
	revision INTEGER NOT NULL, 
	supersedes TEXT DEFAULT '[]' NOT NULL, 
	rubric VARCHAR NOT NULL, 
	"values" TEXT DEFAULT '{}' NOT NULL, 
	rationale TEXT DEFAULT '{}' NOT NULL, 
	correction TEXT DEFAULT '{}' NOT NULL, 
	notes VARCHAR, 
	flags TEXT DEFAULT '[]' NOT NULL, 
	exposure VARCHAR NOT NULL, 
	shown_order TEXT DEFAULT '[]' NOT NULL, 
	evidence TEXT DEFAULT '{}' NOT NULL, 
	confidence FLOAT, 
	cost VARCHAR, 
	inputs VARCHAR, 
	active_ms BIGINT NOT NULL, 
	idle_ms BIGINT NOT NULL, 
	device VARCHAR NOT NULL, 
	client_version VARCHAR NOT NULL, 
	committed_at VARCHAR NOT NULL, 
	received_at VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	external_ref VARCHAR, 
	surplus BOOLEAN DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(queue) REFERENCES queue (id), 
	FOREIGN KEY(task) REFERENCES task (id), 
	FOREIGN KEY(rater) REFERENCES rater (id), 
	FOREIGN KEY(rubric) REFERENCES rubric (id)
);
CREATE TABLE label_head (
	task VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	phase VARCHAR NOT NULL, 
	sample INTEGER NOT NULL, 
	label VARCHAR NOT NULL, 
	"conflict" TEXT DEFAULT '[]' NOT NULL, 
	PRIMARY KEY (task, rater, phase, sample), 
	FOREIGN KEY(task) REFERENCES task (id), 
	FOREIGN KEY(rater) REFERENCES rater (id), 
	FOREIGN KEY(label) REFERENCES label (id)
)
 WITHOUT ROWID

;
CREATE TABLE lease (
	id VARCHAR NOT NULL, 
	task VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	queue VARCHAR NOT NULL, 
	device VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	given_at VARCHAR NOT NULL, 
	until VARCHAR, 
	PRIMARY KEY (id), 
	UNIQUE (task, rater), 
	FOREIGN KEY(task) REFERENCES task (id), 
	FOREIGN KEY(rater) REFERENCES rater (id), 
	FOREIGN KEY(queue) REFERENCES queue (id)
);
INSERT INTO "lease" VALUES('e9f779cd245e3634ba0e74726cfd4921','01a2072f-0f95-756c-8e0c-1ff895ab5b1a','01a2072f-0f9f-755e-bf49-998f3af8841a','01a2072f-0f86-7121-82c2-dc798b6f113d','01a2072f-12cf-7683-8f1c-69e437532b55',1,'2026-11-23T06:54:15.259910Z','2026-12-01T06:54:15.259910Z');
INSERT INTO "lease" VALUES('339c2e8ec2cf7e3143451c902a3fba2e','01a2072f-0f95-756c-8e0c-1ffb92e50c5c','01a2072f-0f9f-755e-bf49-998f3af8841a','01a2072f-0f86-7121-82c2-dc798b6f113d','01a2072f-12cf-7683-8f1c-69e437532b55',2,'2026-11-23T06:54:15.259910Z','2026-12-01T06:54:15.259910Z');
INSERT INTO "lease" VALUES('b9ff73ae9ecb8efd37dc2270a1920f73','01a2072f-0f95-756c-8e0c-20013f35b76e','01a2072f-0f9f-755e-bf49-998f3af8841a','01a2072f-0f86-7121-82c2-dc798b6f113d','01a2072f-12cf-7683-8f1c-69e437532b55',3,'2026-11-23T06:54:15.259910Z','2026-12-01T06:54:15.259910Z');
INSERT INTO "lease" VALUES('59693fb47d2a855d3cc9b86c7fcaaa91','01a2072f-0f95-756c-8e0c-1ffede4099ef','01a2072f-0f9f-755e-bf49-998f3af8841a','01a2072f-0f86-7121-82c2-dc798b6f113d','01a2072f-12cf-7683-8f1c-69e437532b55',4,'2026-11-23T06:54:15.259910Z','2026-12-01T06:54:15.259910Z');
CREATE TABLE meta (
	"key" VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('store','01a2072f-0f79-77a3-976b-3160362476a2');
INSERT INTO "meta" VALUES('device','01a2072f-0f79-77a3-976b-316190194783');
INSERT INTO "meta" VALUES('created_at','2026-11-23T06:54:14.393194Z');
CREATE TABLE note (
	id VARCHAR NOT NULL, 
	round VARCHAR NOT NULL, 
	task VARCHAR, 
	author VARCHAR NOT NULL, 
	text VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(round) REFERENCES round (id), 
	FOREIGN KEY(task) REFERENCES task (id), 
	FOREIGN KEY(author) REFERENCES rater (id)
);
CREATE TABLE outbox (
	label VARCHAR NOT NULL, 
	remote VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	error VARCHAR, 
	at VARCHAR NOT NULL, 
	PRIMARY KEY (label), 
	FOREIGN KEY(label) REFERENCES label (id), 
	FOREIGN KEY(remote) REFERENCES remote (name)
)
 WITHOUT ROWID

;
CREATE TABLE output (
	id VARCHAR NOT NULL, 
	item VARCHAR NOT NULL, 
	system VARCHAR NOT NULL, 
	run VARCHAR, 
	sample INTEGER NOT NULL, 
	parts TEXT DEFAULT '[]' NOT NULL, 
	text VARCHAR NOT NULL, 
	content_hash VARCHAR NOT NULL, 
	masked VARCHAR, 
	PRIMARY KEY (id), 
	FOREIGN KEY(item) REFERENCES item (id), 
	FOREIGN KEY(system) REFERENCES system (id)
);
INSERT INTO "output" VALUES('01a2072f-0f95-756c-8e0c-1ff70dd77049','01a2072f-0f95-756c-8e0c-1ff53c61b701','01a2072f-0f95-756c-8e0c-1ff6b6a2125c',NULL,0,'[]','Answer 0 of system 0.','f3a0f5dbf5cce9f7db3c28c7c98cfa928d6d01102ff985d85d854da660d8d531',NULL);
INSERT INTO "output" VALUES('01a2072f-0f95-756c-8e0c-1ffaeca424cc','01a2072f-0f95-756c-8e0c-1ff9c6be96fe','01a2072f-0f95-756c-8e0c-1ff6b6a2125c',NULL,0,'[]','Answer 1 of system 0.','477d6b79cd52c8c87f7ab486f42a6ec5c8df152750ae6235d36765ef73a653f6',NULL);
INSERT INTO "output" VALUES('01a2072f-0f95-756c-8e0c-1ffd2d61adc5','01a2072f-0f95-756c-8e0c-1ffc74e65485','01a2072f-0f95-756c-8e0c-1ff6b6a2125c',NULL,0,'[]','Answer 2 of system 0.','74952ed8e0f3a8b2f58eace84907baab800fefdec60c90ec3bc4ab80f0b86785',NULL);
INSERT INTO "output" VALUES('01a2072f-0f95-756c-8e0c-200069381e0d','01a2072f-0f95-756c-8e0c-1fff80048007','01a2072f-0f95-756c-8e0c-1ff6b6a2125c',NULL,0,'[]','Answer 3 of system 0.','8a6b26aa238944a859b53649b18209f44f568b2a95bbcb0b42d2b8c7bf7a1c00',NULL);
CREATE TABLE progress (
	queue VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	submitted INTEGER NOT NULL, 
	skipped INTEGER NOT NULL, 
	abstained INTEGER NOT NULL, 
	sent_back INTEGER NOT NULL, 
	flagged INTEGER NOT NULL, 
	passed INTEGER NOT NULL, 
	active_ms BIGINT NOT NULL, 
	idle_ms BIGINT NOT NULL, 
	here INTEGER NOT NULL, 
	updated_at VARCHAR NOT NULL, 
	PRIMARY KEY (queue, rater), 
	FOREIGN KEY(queue) REFERENCES queue (id), 
	FOREIGN KEY(rater) REFERENCES rater (id)
)
 WITHOUT ROWID

;
INSERT INTO "progress" VALUES('01a2072f-0f86-7121-82c2-dc798b6f113d','01a2072f-0f9f-755e-bf49-998f3af8841a',0,0,0,0,0,0,0,0,0,'2026-11-23T06:54:15.259910Z');
CREATE TABLE queue (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	dataset VARCHAR NOT NULL, 
	overlap INTEGER NOT NULL, 
	blind BOOLEAN NOT NULL, 
	seed VARCHAR NOT NULL, 
	purpose VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	revealed_at VARCHAR, 
	size INTEGER NOT NULL, 
	settings TEXT DEFAULT '{}' NOT NULL, 
	created_at VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	FOREIGN KEY(dataset) REFERENCES dataset (id)
);
INSERT INTO "queue" VALUES('01a2072f-0f86-7121-82c2-dc798b6f113d','kyc','rating','01a2072f-0f86-7121-82c2-dc780977bf85',0,1,'e4bd77c6d27efa4780f6cfd3b612ba8e','review','open',NULL,4,'{"show":["risk","tags"],"reference":true}','2026-11-23T06:54:14.406998Z');
CREATE TABLE queue_rubric (
	queue VARCHAR NOT NULL, 
	from_seq INTEGER NOT NULL, 
	rubric VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	PRIMARY KEY (queue, from_seq), 
	FOREIGN KEY(queue) REFERENCES queue (id), 
	FOREIGN KEY(rubric) REFERENCES rubric (id)
)
 WITHOUT ROWID

;
INSERT INTO "queue_rubric" VALUES('01a2072f-0f86-7121-82c2-dc798b6f113d',1,'01a2072f-0f8d-7137-84fd-71bb315c3727','2026-11-23T06:54:14.413762Z');
CREATE TABLE rater (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	family VARCHAR, 
	spec_hash VARCHAR NOT NULL, 
	spec TEXT DEFAULT '{}' NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name, kind, spec_hash)
);
INSERT INTO "rater" VALUES('01a2072f-0f9f-755e-bf49-998f3af8841a','ana','human',NULL,'','{}');
CREATE TABLE remote (
	name VARCHAR NOT NULL, 
	url VARCHAR NOT NULL, 
	server VARCHAR NOT NULL, 
	server_key VARCHAR, 
	rater VARCHAR NOT NULL, 
	rater_name VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	stream VARCHAR NOT NULL, 
	stream_sent BIGINT NOT NULL, 
	added_at VARCHAR NOT NULL, 
	synced_at VARCHAR, 
	document TEXT DEFAULT '{}' NOT NULL, 
	PRIMARY KEY (name), 
	FOREIGN KEY(rater) REFERENCES rater (id)
);
CREATE TABLE remote_queue (
	queue VARCHAR NOT NULL, 
	remote VARCHAR NOT NULL, 
	their_queue VARCHAR NOT NULL, 
	cursor INTEGER NOT NULL, 
	pulled_at VARCHAR NOT NULL, 
	document TEXT DEFAULT '{}' NOT NULL, 
	PRIMARY KEY (queue), 
	UNIQUE (remote, their_queue), 
	FOREIGN KEY(queue) REFERENCES queue (id), 
	FOREIGN KEY(remote) REFERENCES remote (name)
);
CREATE TABLE round (
	id VARCHAR NOT NULL, 
	parent VARCHAR NOT NULL, 
	child VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	settings TEXT DEFAULT '{}' NOT NULL, 
	started_by VARCHAR NOT NULL, 
	started_at VARCHAR NOT NULL, 
	locked_at VARCHAR, 
	revealed_at VARCHAR, 
	finished_at VARCHAR, 
	PRIMARY KEY (id), 
	FOREIGN KEY(parent) REFERENCES queue (id), 
	UNIQUE (child), 
	FOREIGN KEY(child) REFERENCES queue (id), 
	FOREIGN KEY(started_by) REFERENCES rater (id)
);
CREATE TABLE round_member (
	round VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	PRIMARY KEY (round, rater), 
	FOREIGN KEY(round) REFERENCES round (id), 
	FOREIGN KEY(rater) REFERENCES rater (id)
)
 WITHOUT ROWID

;
CREATE TABLE rubric (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	content_hash VARCHAR NOT NULL, 
	scale_hash VARCHAR NOT NULL, 
	document TEXT DEFAULT '{}' NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (content_hash)
);
INSERT INTO "rubric" VALUES('01a2072f-0f8d-7137-84fd-71bb315c3727','score','39320721236c6ec30188b681d96e473afab64385ef819e8a71daacb999861169','d1d4a71e4dccedd63658a18740f244fa73b16d12536f416fb0fe2a2d193ecb6a','{"criteria":[{"id":"score","label":"Score","max":5,"min":1,"type":"scale"},{"allow_na":true,"id":"safe","label":"Safe","required":false,"type":"boolean"}],"instructions":"Read the source first.","name":"score"}');
CREATE TABLE stretch (
	queue VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	PRIMARY KEY (queue, rater, first), 
	FOREIGN KEY(queue) REFERENCES queue (id), 
	FOREIGN KEY(rater) REFERENCES rater (id)
)
 WITHOUT ROWID

;
CREATE TABLE system (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	version VARCHAR NOT NULL, 
	family VARCHAR, 
	PRIMARY KEY (id), 
	UNIQUE (name, version)
);
INSERT INTO "system" VALUES('01a2072f-0f95-756c-8e0c-1ff6b6a2125c','model-0','1',NULL);
CREATE TABLE task (
	id VARCHAR NOT NULL, 
	queue VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	item VARCHAR NOT NULL, 
	position INTEGER NOT NULL, 
	priority FLOAT NOT NULL, 
	rubric VARCHAR, 
	repeat_of VARCHAR, 
	selection VARCHAR, 
	probability FLOAT, 
	state VARCHAR NOT NULL, 
	gold BOOLEAN DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (queue, position), 
	FOREIGN KEY(queue) REFERENCES queue (id), 
	FOREIGN KEY(item) REFERENCES item (id), 
	FOREIGN KEY(rubric) REFERENCES rubric (id), 
	FOREIGN KEY(repeat_of) REFERENCES task (id)
);
INSERT INTO "task" VALUES('01a2072f-0f95-756c-8e0c-1ff895ab5b1a','01a2072f-0f86-7121-82c2-dc798b6f113d','item-0000','01a2072f-0f95-756c-8e0c-1ff53c61b701',0,0.0,NULL,NULL,NULL,NULL,'open',0);
INSERT INTO "task" VALUES('01a2072f-0f95-756c-8e0c-1ffb92e50c5c','01a2072f-0f86-7121-82c2-dc798b6f113d','item-0001','01a2072f-0f95-756c-8e0c-1ff9c6be96fe',1,0.0,NULL,NULL,NULL,NULL,'open',0);
INSERT INTO "task" VALUES('01a2072f-0f95-756c-8e0c-1ffede4099ef','01a2072f-0f86-7121-82c2-dc798b6f113d','item-0002','01a2072f-0f95-756c-8e0c-1ffc74e65485',2,0.0,NULL,NULL,NULL,NULL,'recalled',0);
INSERT INTO "task" VALUES('01a2072f-0f95-756c-8e0c-20013f35b76e','01a2072f-0f86-7121-82c2-dc798b6f113d','item-0003','01a2072f-0f95-756c-8e0c-1fff80048007',3,0.0,NULL,NULL,NULL,NULL,'open',0);
CREATE TABLE task_output (
	task VARCHAR NOT NULL, 
	slot INTEGER NOT NULL, 
	output VARCHAR NOT NULL, 
	public_id VARCHAR NOT NULL, 
	PRIMARY KEY (task, slot), 
	FOREIGN KEY(task) REFERENCES task (id), 
	FOREIGN KEY(output) REFERENCES output (id)
)
 WITHOUT ROWID

;
INSERT INTO "task_output" VALUES('01a2072f-0f95-756c-8e0c-1ff895ab5b1a',0,'01a2072f-0f95-756c-8e0c-1ff70dd77049','33ckqpwp');
INSERT INTO "task_output" VALUES('01a2072f-0f95-756c-8e0c-1ffb92e50c5c',0,'01a2072f-0f95-756c-8e0c-1ffaeca424cc','7o74pors');
INSERT INTO "task_output" VALUES('01a2072f-0f95-756c-8e0c-1ffede4099ef',0,'01a2072f-0f95-756c-8e0c-1ffd2d61adc5','ym5tbuo5');
INSERT INTO "task_output" VALUES('01a2072f-0f95-756c-8e0c-20013f35b76e',0,'01a2072f-0f95-756c-8e0c-200069381e0d','qy2licve');
CREATE TABLE token (
	id VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	hash VARCHAR NOT NULL, 
	queues VARCHAR, 
	created_at VARCHAR NOT NULL, 
	expires_at VARCHAR, 
	revoked_at VARCHAR, 
	PRIMARY KEY (id), 
	FOREIGN KEY(rater) REFERENCES account (rater)
);
INSERT INTO "token" VALUES('ed88f981eff7','01a2072f-0f9f-755e-bf49-998f3af8841a','0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a',NULL,'2026-11-23T06:54:14.431530Z',NULL,NULL);
CREATE TABLE waiting (
	queue VARCHAR NOT NULL, 
	task VARCHAR NOT NULL, 
	rater VARCHAR NOT NULL, 
	since VARCHAR NOT NULL, 
	PRIMARY KEY (queue, task), 
	FOREIGN KEY(queue) REFERENCES queue (id), 
	FOREIGN KEY(task) REFERENCES task (id), 
	FOREIGN KEY(rater) REFERENCES rater (id)
)
 WITHOUT ROWID

;
CREATE INDEX item_of_content ON item (substr(content_hash, 1, 12));
CREATE INDEX dataset_item_by_position ON dataset_item (dataset, position);
CREATE INDEX output_of_item ON output (item, system, sample);
CREATE INDEX dataset_output_by_seq ON dataset_output (dataset, seq);
CREATE INDEX round_of_parent ON round (parent, number);
CREATE INDEX task_of_key ON task (queue, "key");
CREATE INDEX task_of_original ON task (repeat_of) WHERE repeat_of IS NOT NULL;
CREATE INDEX token_of_rater ON token (rater);
CREATE INDEX label_of_task ON label (task, rater);
CREATE INDEX label_of_queue ON label (queue, id);
CREATE INDEX note_of_round ON note (round, task);
CREATE INDEX certificate_of_rater ON certificate (rater);
CREATE INDEX assignment_by_state ON assignment (queue, rater, state, seq);
CREATE INDEX assignment_by_time ON assignment (queue, rater, committed_at);
CREATE INDEX assignment_by_seq ON assignment (queue, rater, seq);
CREATE INDEX waiting_by_rater ON waiting (queue, rater, since);
CREATE INDEX lease_of_queue ON lease (queue, until) WHERE until IS NOT NULL;
CREATE INDEX lease_of_rater ON lease (queue, rater, until) WHERE until IS NOT NULL;
CREATE INDEX lease_of_device ON lease (queue, rater, device, number);
CREATE INDEX golden_of_output ON golden (item, output_hash);
CREATE INDEX golden_of_label ON golden (source_label);
CREATE INDEX golden_of_scale ON golden (scale_hash, criterion);
CREATE INDEX outbox_by_state ON outbox (remote, state, label);
COMMIT;
PRAGMA user_version=4;
PRAGMA application_id=1381390162;
