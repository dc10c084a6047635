BEGIN TRANSACTION;
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
INSERT INTO "assignment" VALUES('01a2072a-31a4-77a3-8e3e-7a637683e079','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','01a2072a-3143-724c-95e3-30da0ed8a7f4',2,'["fb772u4o"]','submitted',0,'2026-11-23T06:48:55.802699Z');
INSERT INTO "assignment" VALUES('01a2072a-31a4-77a3-8e3e-7a66b9b72eb2','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','01a2072a-3143-724c-95e3-30da0ed8a7f4',1,'["fwvqde27"]','submitted',0,'2026-11-23T06:48:55.799802Z');
INSERT INTO "assignment" VALUES('01a2072a-31a4-77a3-8e3e-7a6c38c2d881','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','01a2072a-3143-724c-95e3-30da0ed8a7f4',0,'["2onhqlal"]','submitted',0,'2026-11-23T06:48:55.731211Z');
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
INSERT INTO "batch" VALUES('01a2072a-3143-724c-95e3-30da0ed8a7f4',0,5,'2026-11-23T06:48:55.489004Z');
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
INSERT INTO "dataset" VALUES('01a2072a-3143-724c-95e3-30d9da19426a','kyc','',NULL,'{}',5,0,'2026-11-23T06:48:55.363816Z');
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
INSERT INTO "dataset_item" VALUES('01a2072a-3143-724c-95e3-30d9da19426a','item-0000','01a2072a-31a4-77a3-8e3e-7a5d88f601b8',0,'{"metadata":{"risk":"severe","secret":"s3"},"tags":["kyc"]}');
INSERT INTO "dataset_item" VALUES('01a2072a-3143-724c-95e3-30d9da19426a','item-0001','01a2072a-31a4-77a3-8e3e-7a61767a48b7',1,'{"metadata":{"risk":"severe","secret":"s3"},"tags":["kyc"]}');
INSERT INTO "dataset_item" VALUES('01a2072a-3143-724c-95e3-30d9da19426a','item-0002','01a2072a-31a4-77a3-8e3e-7a641a62d4e9',2,'{"metadata":{"risk":"severe","secret":"s3"},"tags":["kyc"]}');
INSERT INTO "dataset_item" VALUES('01a2072a-3143-724c-95e3-30d9da19426a','item-0003','01a2072a-31a4-77a3-8e3e-7a6748992304',3,'{"metadata":{"risk":"severe","secret":"s3"},"tags":["kyc"]}');
INSERT INTO "dataset_item" VALUES('01a2072a-3143-724c-95e3-30d9da19426a','item-0004','01a2072a-31a4-77a3-8e3e-7a6a90f2f5aa',4,'{"metadata":{"risk":"severe","secret":"s3"},"tags":["kyc"]}');
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
INSERT INTO "event" VALUES('01a2072a-30ad-75cf-a37e-6e5fb1a68d87',1,'2026-11-23T06:48:55.364214Z','lead','local','queue.created','01a2072a-3143-724c-95e3-30da0ed8a7f4','6f57f0be0e699f49d231bb33dc685ee57c17c49c9fa1b440a4d4732c0709c0f8','{"kind":"rating"}','0000000000000000000000000000000000000000000000000000000000000000','bdad0a1932e5a1c003cb939154b31ccb64d5ab391ecf71a7f07cd950db55e9c8');
INSERT INTO "event" VALUES('01a2072a-30ad-75cf-a37e-6e5fb1a68d87',2,'2026-11-23T06:48:55.418185Z','lead','local','queue.rubric','01a2072a-3143-724c-95e3-30da0ed8a7f4','47bd83be08a13b8e608240b10d2a117214e8fe8c4698bed15adaff5684a21b5c','{"rubric":"01a2072a-3179-704b-ab6c-fd3c9cb687a5"}','bdad0a1932e5a1c003cb939154b31ccb64d5ab391ecf71a7f07cd950db55e9c8','4076ede995a6548a9dda355a89fe7b59c4864bfd45c9108b2d5fd3f0d1c5a8ff');
INSERT INTO "event" VALUES('01a2072a-30ad-75cf-a37e-6e5fb1a68d87',3,'2026-11-23T06:48:55.489843Z','lead','local','items.imported','01a2072a-3143-724c-95e3-30da0ed8a7f4','83291f66fc484f17c80059e07feff7d5c4928f5497a38a9d412f007d34aaacdf','{"first":0,"items":5,"recalled":0,"tasks":5}','4076ede995a6548a9dda355a89fe7b59c4864bfd45c9108b2d5fd3f0d1c5a8ff','38fce4c8e365215e2abb8e2885cbd95ecca6df71979388c33d50f45d07c9ec19');
INSERT INTO "event" VALUES('01a2072a-30ad-75cf-a37e-6e5fb1a68d87',4,'2026-11-23T06:48:55.739874Z','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','local','label.submitted','01a2072a-32b3-7304-b8c9-bc1270e481ef','fd2152d933d1a0862b96c259dc916d0baa005077cf9a97e829c07c9e80fcf5ec','{"queue":"01a2072a-3143-724c-95e3-30da0ed8a7f4","revision":1,"task":"01a2072a-31a4-77a3-8e3e-7a6c38c2d881"}','38fce4c8e365215e2abb8e2885cbd95ecca6df71979388c33d50f45d07c9ec19','b896ac29ca79cd70db178da0f593e085c870edd057eabb8e0456339377fd8d61');
INSERT INTO "event" VALUES('01a2072a-30ad-75cf-a37e-6e5fb1a68d87',5,'2026-11-23T06:48:55.800676Z','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','local','label.submitted','01a2072a-32f7-717e-904c-ff2558ab000f','a7e57e72eb17fa364b03b5a40dd95525b428d3a523d1a0bd97d9c8e8306c34fa','{"queue":"01a2072a-3143-724c-95e3-30da0ed8a7f4","revision":1,"task":"01a2072a-31a4-77a3-8e3e-7a66b9b72eb2"}','b896ac29ca79cd70db178da0f593e085c870edd057eabb8e0456339377fd8d61','d036d8b7292344b02a35254f8f92218c4b6ea3819c9586cd1bb95428c8b60a00');
INSERT INTO "event" VALUES('01a2072a-30ad-75cf-a37e-6e5fb1a68d87',6,'2026-11-23T06:48:55.803453Z','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','local','label.submitted','01a2072a-32fa-7366-832d-b883d9d1cb20','96c6c8ea7613816e3669289d0430fef1234e08d05b6a45963aa47056b4a01bf4','{"queue":"01a2072a-3143-724c-95e3-30da0ed8a7f4","revision":1,"task":"01a2072a-31a4-77a3-8e3e-7a637683e079"}','d036d8b7292344b02a35254f8f92218c4b6ea3819c9586cd1bb95428c8b60a00','431694a9a86194018b105e87b86828b85b06efbffb1f594a87fd3ef16075c949');
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
INSERT INTO "item" VALUES('01a2072a-31a4-77a3-8e3e-7a5d88f601b8','41475ea0d6b4cbe051aed21721e048ea819e6fc79b0f04081de6ac5be7c7f906','[{"role":"user","text":"What does note 0 say?"}]','[{"title":"Note 0","text":"Note 0 says 0."}]','It says 0.');
INSERT INTO "item" VALUES('01a2072a-31a4-77a3-8e3e-7a61767a48b7','b0893f1305d29dc7a04244fb228dce5706b1487a59515788adaa908c690b46fc','[{"role":"user","text":"What does note 1 say?"}]','[{"title":"Note 1","text":"Note 1 says 1."}]','It says 1.');
INSERT INTO "item" VALUES('01a2072a-31a4-77a3-8e3e-7a641a62d4e9','e76a22bc35803275ef8f043f19aac9040624d5379e0b88023529f9d09345a708','[{"role":"user","text":"What does note 2 say?"}]','[{"title":"Note 2","text":"Note 2 says 2."}]','It says 2.');
INSERT INTO "item" VALUES('01a2072a-31a4-77a3-8e3e-7a6748992304','7d3518a012693b7819758c4e2b72fc728caeabcbd745fcaad5a98af8361f7521','[{"role":"user","text":"What does note 3 say?"}]','[{"title":"Note 3","text":"Note 3 says 3."}]','It says 3.');
INSERT INTO "item" VALUES('01a2072a-31a4-77a3-8e3e-7a6a90f2f5aa','2336a2e91e56ff71e06052c7d589c64f7ef2dbd4ab36e1f9451884d6f88b13de','[{"role":"user","text":"What does note 4 say?"}]','[{"title":"Note 4","text":"Note 4 says 4."}]','It says 4.');
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
INSERT INTO "label" VALUES('01a2072a-32b3-7304-b8c9-bc1270e481ef','01a2072a-3143-724c-95e3-30da0ed8a7f4','01a2072a-31a4-77a3-8e3e-7a6c38c2d881','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','independent',0,'submitted',1,'[]','01a2072a-3179-704b-ab6c-fd3c9cb687a5','{"score":1}','{}','{}',NULL,'[]','none','["2onhqlal"]','{}',NULL,NULL,NULL,0,0,'01a2072a-30ad-75cf-a37e-6e5fb1a68d87','0.1.0','2026-11-23T06:48:55.731211Z','2026-11-23T06:48:55.731211Z','tui',NULL,0);
INSERT INTO "label" VALUES('01a2072a-32f7-717e-904c-ff2558ab000f','01a2072a-3143-724c-95e3-30da0ed8a7f4','01a2072a-31a4-77a3-8e3e-7a66b9b72eb2','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','independent',0,'submitted',1,'[]','01a2072a-3179-704b-ab6c-fd3c9cb687a5','{"score":2}','{}','{}',NULL,'[]','none','["fwvqde27"]','{}',NULL,NULL,NULL,62,0,'01a2072a-30ad-75cf-a37e-6e5fb1a68d87','0.1.0','2026-11-23T06:48:55.799802Z','2026-11-23T06:48:55.799802Z','tui',NULL,0);
INSERT INTO "label" VALUES('01a2072a-32fa-7366-832d-b883d9d1cb20','01a2072a-3143-724c-95e3-30da0ed8a7f4','01a2072a-31a4-77a3-8e3e-7a637683e079','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','independent',0,'submitted',1,'[]','01a2072a-3179-704b-ab6c-fd3c9cb687a5','{"score":3}','{}','{}',NULL,'[]','none','["fb772u4o"]','{}',NULL,NULL,NULL,2,0,'01a2072a-30ad-75cf-a37e-6e5fb1a68d87','0.1.0','2026-11-23T06:48:55.802699Z','2026-11-23T06:48:55.802699Z','tui',NULL,0);
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
INSERT INTO "label_head" VALUES('01a2072a-31a4-77a3-8e3e-7a637683e079','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','independent',0,'01a2072a-32fa-7366-832d-b883d9d1cb20','[]');
INSERT INTO "label_head" VALUES('01a2072a-31a4-77a3-8e3e-7a66b9b72eb2','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','independent',0,'01a2072a-32f7-717e-904c-ff2558ab000f','[]');
INSERT INTO "label_head" VALUES('01a2072a-31a4-77a3-8e3e-7a6c38c2d881','01a2072a-31f0-7477-b9a8-2cf25ca37aa9','independent',0,'01a2072a-32b3-7304-b8c9-bc1270e481ef','[]');
CREATE TABLE meta (
	"key" VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('store','01a2072a-30ad-75cf-a37e-6e5e00129778');
INSERT INTO "meta" VALUES('device','01a2072a-30ad-75cf-a37e-6e5fb1a68d87');
INSERT INTO "meta" VALUES('created_at','2026-11-23T06:48:55.213497Z');
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
INSERT INTO "output" VALUES('01a2072a-31a4-77a3-8e3e-7a5fd8e4d14b','01a2072a-31a4-77a3-8e3e-7a5d88f601b8','01a2072a-31a4-77a3-8e3e-7a5e4b76fa01',NULL,0,'[]','Answer 0 of system 0.','f3a0f5dbf5cce9f7db3c28c7c98cfa928d6d01102ff985d85d854da660d8d531',NULL);
INSERT INTO "output" VALUES('01a2072a-31a4-77a3-8e3e-7a625815dd95','01a2072a-31a4-77a3-8e3e-7a61767a48b7','01a2072a-31a4-77a3-8e3e-7a5e4b76fa01',NULL,0,'[]','Answer 1 of system 0.','477d6b79cd52c8c87f7ab486f42a6ec5c8df152750ae6235d36765ef73a653f6',NULL);
INSERT INTO "output" VALUES('01a2072a-31a4-77a3-8e3e-7a656b938bb5','01a2072a-31a4-77a3-8e3e-7a641a62d4e9','01a2072a-31a4-77a3-8e3e-7a5e4b76fa01',NULL,0,'[]','Answer 2 of system 0.','74952ed8e0f3a8b2f58eace84907baab800fefdec60c90ec3bc4ab80f0b86785',NULL);
INSERT INTO "output" VALUES('01a2072a-31a4-77a3-8e3e-7a6806ae2128','01a2072a-31a4-77a3-8e3e-7a6748992304','01a2072a-31a4-77a3-8e3e-7a5e4b76fa01',NULL,0,'[]','Answer 3 of system 0.','8a6b26aa238944a859b53649b18209f44f568b2a95bbcb0b42d2b8c7bf7a1c00',NULL);
INSERT INTO "output" VALUES('01a2072a-31a4-77a3-8e3e-7a6b215e0d5a','01a2072a-31a4-77a3-8e3e-7a6a90f2f5aa','01a2072a-31a4-77a3-8e3e-7a5e4b76fa01',NULL,0,'[]','Answer 4 of system 0.','e22b0827e655d1ccd9684e6cbfcb1f4482ad94fa1d5c214f336561907b1dcba7',NULL);
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
INSERT INTO "progress" VALUES('01a2072a-3143-724c-95e3-30da0ed8a7f4','01a2072a-31f0-7477-b9a8-2cf25ca37aa9',3,0,0,0,0,0,64,0,3,'2026-11-23T06:48:55.856827Z');
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
INSERT INTO "queue" VALUES('01a2072a-3143-724c-95e3-30da0ed8a7f4','kyc','rating','01a2072a-3143-724c-95e3-30d9da19426a',0,1,'59f9a5b7b0bed4f302e78b0f63b6ddb1','review','open',NULL,5,'{"show":["risk"]}','2026-11-23T06:48:55.363912Z');
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
INSERT INTO "queue_rubric" VALUES('01a2072a-3143-724c-95e3-30da0ed8a7f4',1,'01a2072a-3179-704b-ab6c-fd3c9cb687a5','2026-11-23T06:48:55.418088Z');
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
INSERT INTO "rater" VALUES('01a2072a-31f0-7477-b9a8-2cf25ca37aa9','ana','human',NULL,'','{}');
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
INSERT INTO "rubric" VALUES('01a2072a-3179-704b-ab6c-fd3c9cb687a5','score','39320721236c6ec30188b681d96e473afab64385ef819e8a71daacb999861169','d1d4a71e4dccedd63658a18740f244fa73b16d12536f416fb0fe2a2d193ecb6a','{"criteria":[{"id":"score","label":"Score","max":5,"min":1,"type":"scale"},{"allow_na":true,"id":"safe","label":"Safe","required":false,"type":"boolean"}],"instructions":"Read the source first.","name":"score"}');
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
INSERT INTO "stretch" VALUES('01a2072a-3143-724c-95e3-30da0ed8a7f4','01a2072a-31f0-7477-b9a8-2cf25ca37aa9',0,2);
CREATE TABLE system (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	version VARCHAR NOT NULL, 
	family VARCHAR, 
	PRIMARY KEY (id), 
	UNIQUE (name, version)
);
INSERT INTO "system" VALUES('01a2072a-31a4-77a3-8e3e-7a5e4b76fa01','model-0','1',NULL);
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
INSERT INTO "task" VALUES('01a2072a-31a4-77a3-8e3e-7a60bc89ffa2','01a2072a-3143-724c-95e3-30da0ed8a7f4','item-0000','01a2072a-31a4-77a3-8e3e-7a5d88f601b8',0,0.0,NULL,NULL,NULL,NULL,'open',0);
INSERT INTO "task" VALUES('01a2072a-31a4-77a3-8e3e-7a637683e079','01a2072a-3143-724c-95e3-30da0ed8a7f4','item-0001','01a2072a-31a4-77a3-8e3e-7a61767a48b7',1,0.0,NULL,NULL,NULL,NULL,'open',0);
INSERT INTO "task" VALUES('01a2072a-31a4-77a3-8e3e-7a66b9b72eb2','01a2072a-3143-724c-95e3-30da0ed8a7f4','item-0002','01a2072a-31a4-77a3-8e3e-7a641a62d4e9',2,0.0,NULL,NULL,NULL,NULL,'open',0);
INSERT INTO "task" VALUES('01a2072a-31a4-77a3-8e3e-7a6959f79fd5','01a2072a-3143-724c-95e3-30da0ed8a7f4','item-0003','01a2072a-31a4-77a3-8e3e-7a6748992304',3,0.0,NULL,NULL,NULL,NULL,'open',0);
INSERT INTO "task" VALUES('01a2072a-31a4-77a3-8e3e-7a6c38c2d881','01a2072a-3143-724c-95e3-30da0ed8a7f4','item-0004','01a2072a-31a4-77a3-8e3e-7a6a90f2f5aa',4,0.0,NULL,NULL,NULL,NULL,'open',0);
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
INSERT INTO "task_output" VALUES('01a2072a-31a4-77a3-8e3e-7a60bc89ffa2',0,'01a2072a-31a4-77a3-8e3e-7a5fd8e4d14b','xmhpxoai');
INSERT INTO "task_output" VALUES('01a2072a-31a4-77a3-8e3e-7a637683e079',0,'01a2072a-31a4-77a3-8e3e-7a625815dd95','fb772u4o');
INSERT INTO "task_output" VALUES('01a2072a-31a4-77a3-8e3e-7a66b9b72eb2',0,'01a2072a-31a4-77a3-8e3e-7a656b938bb5','fwvqde27');
INSERT INTO "task_output" VALUES('01a2072a-31a4-77a3-8e3e-7a6959f79fd5',0,'01a2072a-31a4-77a3-8e3e-7a6806ae2128','wvpkkakq');
INSERT INTO "task_output" VALUES('01a2072a-31a4-77a3-8e3e-7a6c38c2d881',0,'01a2072a-31a4-77a3-8e3e-7a6b215e0d5a','2onhqlal');
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
CREATE INDEX label_of_task ON label (task, rater);
CREATE INDEX label_of_queue ON label (queue, id);
CREATE INDEX note_of_round ON note (round, task);
CREATE INDEX certificate_of_rater ON certificate (rater);
CREATE INDEX assignment_by_seq ON assignment (queue, rater, seq);
CREATE INDEX assignment_by_state ON assignment (queue, rater, state, seq);
CREATE INDEX assignment_by_time ON assignment (queue, rater, committed_at);
CREATE INDEX waiting_by_rater ON waiting (queue, rater, since);
CREATE INDEX golden_of_output ON golden (item, output_hash);
CREATE INDEX golden_of_scale ON golden (scale_hash, criterion);
CREATE INDEX golden_of_label ON golden (source_label);
COMMIT;
PRAGMA user_version=3;
PRAGMA application_id=1381390162;
